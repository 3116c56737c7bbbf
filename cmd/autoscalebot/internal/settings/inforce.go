package settings

import (
	"net/url"
	"reflect"
	"strings"
)

// InForce is a setting as it is now, without what must stay secret.
type InForce struct {
	Entry
	// Value is its text, "" for none; of a secret only that it is set.
	Value string
	// From is the environment variable that it comes from, or the line of the settings file, as file:line; "" for its
	// default.
	From string
}

const hidden = "(set, hidden)"

// AllInForce returns every setting as it was given when s was read, in the order of [Entries]. What is wrong is shown
// as it is given.
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
		return hidden // a command often has a password on its line
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
