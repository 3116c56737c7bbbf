package settings

import (
	"bytes"
	"os"
	"strings"
)

// FilePath is the path of the settings file; "" without one.
func FilePath() string { return strings.TrimSpace(os.Getenv(fileName)) }

// A FileContent is the text of the settings file at a moment, or why it cannot be read.
type FileContent struct {
	text []byte
	err  string
}

// Same reports whether both have the same text, or the same error.
func (c FileContent) Same(other FileContent) bool {
	return c.err == other.err && bytes.Equal(c.text, other.text)
}

// ReadFile reads the settings file at path as it is now.
func ReadFile(path string) FileContent {
	text, err := readText(path)
	if err != nil {
		return FileContent{err: err.Error()}
	}
	return FileContent{text: text}
}

// Content is the text of the settings file from which s was loaded; zero without a file.
func (s *Settings) Content() FileContent {
	if s.src == nil {
		return FileContent{}
	}
	return FileContent{text: s.src.file.text}
}
