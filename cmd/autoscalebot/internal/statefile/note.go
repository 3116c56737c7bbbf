package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A Note is a small file next to the state file, in which one part of the bot keeps what changes independently of the
// bot's state. The bot works without it.
type Note[T any] struct{ path string }

// Beside returns a part's note for the state file at path, which need not exist. The note's path is path, a dot and
// part.
func Beside[T any](path, part string) Note[T] { return Note[T]{path + "." + part} }

// Load reads the note. It returns the zero value if the file does not exist, and the zero value with an error if the
// file is unreadable or invalid.
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

// Save replaces the note with v. After an error or a crash the file still holds the old note.
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
