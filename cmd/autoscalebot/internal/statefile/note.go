package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A Note is what one part of the bot keeps in a file of its own beside the state file, since it changes at times of its
// own. The bot can do without it.
type Note[T any] struct{ path string }

// Beside is the part's note beside the state file at path, which need not exist yet: path, a dot and the part's name.
func Beside[T any](path, part string) Note[T] { return Note[T]{path + "." + part} }

// Load reads the note. It is the zero value when there is none, and, with an error, when it cannot be read or
// understood.
func (n Note[T]) Load() (T, error) {
	var v, none T
	text, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		return none, fmt.Errorf("read %s: %w", n.path, err)
	}
	return v, nil
}

// Save writes v in place of what the note held: whole, or after an error or a crash not at all.
func (n Note[T]) Save(v T) error {
	text, err := json.MarshalIndent(v, "", "\t")
	if err == nil {
		err = replace(n.path, text)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", n.path, err)
	}
	return nil
}
