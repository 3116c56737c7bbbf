package settings

import (
	"net/url"
	"reflect"
	"strings"
)

// InForce is a setting and its value, without secrets.
type InForce struct {
	Entry
	// Value is the text of the setting, "" if it is empty. For a secret it only says that it is set.
	Value string
	// From is the environment variable that sets it, or the line of the settings file, as file:line; "" for the
	// default.
	From string
}

const hidden = "(set, hidden)"

// AllInForce returns every setting as it was when s was loaded, in the order of [Entries]. Invalid values are included
// as they are.
func (s *Settings) AllInForce() []InForce {
	entries := Entries()
	out := make([]InForce, len(entries))
	for i, f := range fields() {
		out[i] = InForce{Entry: entries[i], Value: s.src.text(f), From: s.src.from(entries[i].Name)}
	}
	return out
}

func shown(f reflect.StructField, text string) string {
	name := f.Tag.Get("envconfig")
	switch {
	case secretive(f), strings.HasSuffix(name, "_COMMAND"):
		return hidden // a command line often contains a password
	case strings.HasSuffix(name, "_URL"):
		return shownURL(text)
	}
	return text
}

func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return hidden
	}
	if u.User != nil {
		u.User = url.User("…")
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	u.Fragment = ""
	return strings.ReplaceAll(u.String(), "%E2%80%A6", "…")
}
