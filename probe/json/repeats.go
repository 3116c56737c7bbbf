package json

import (
	"bytes"
	"encoding/json"
)

// body is a valid document.
func repeats(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var open []*object
	for {
		token, err := d.Token()
		if err != nil {
			return false // at the end
		}
		if len(open) > 0 && open[len(open)-1].twice(token) {
			return true
		}
		switch token {
		case json.Delim('{'):
			open = append(open, &object{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, &object{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
}

// The names of a list are nil.
type object struct {
	names map[string]bool
	value bool // the next token begins a value
}

// It is true for a name that was there before.
func (o *object) twice(token json.Token) bool {
	name, ok := token.(string)
	switch {
	case o.names == nil, token == json.Delim('}'):
	case o.value || !ok:
		o.value = false
	case o.names[name]:
		return true
	default:
		o.names[name], o.value = true, true
	}
	return false
}
