package admin

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// The answer need not come from a bot, so its texts must not be able to control the terminal. An answer that is not
// JSON is never printed.
func printable(answer []byte) []byte {
	if plain(answer) {
		return answer
	}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return answer
	}
	clean, err := json.Marshal(shown(v))
	if err != nil {
		return answer
	}
	return clean
}

// Most answers are: they have only printable ASCII characters, and no escapes of others.
func plain(text []byte) bool {
	for _, b := range text {
		if b != '\n' && (b < ' ' || b > '~') || b == '\\' {
			return false
		}
	}
	return true
}

func printableRecords(kept []record.Record) ([]record.Record, error) {
	text, err := json.Marshal(records{Records: kept})
	if err != nil || plain(text) {
		return kept, err
	}
	var out records
	err = json.Unmarshal(printable(text), &out)
	return out.Records, err
}

func shown(v any) any {
	switch v := v.(type) {
	case string:
		return strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) || r == '\n' {
				return r
			}
			return unicode.ReplacementChar
		}, v)
	case []any:
		for i := range v {
			v[i] = shown(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[shown(key).(string)] = shown(value)
		}
		return out
	}
	return v
}
