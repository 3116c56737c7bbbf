package json

import (
	"bytes"
	"encoding/json"
)

// Reports whether an object has the same name twice. body must be valid JSON.
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

// names is nil for a list.
type object struct {
	names map[string]bool
	value bool // the next token begins a value
}

// True for a name that the object already has.
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
