package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Note sets a setting in a file of settings: as NAME=value, or as YAML if the file's name ends with .yaml or .yml. It
// replaces the setting's line, or appends one. Everything else stays as it is. value is one word.
func Note(path, name, value string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	noted, err := noted(string(text), path, name, value)
	if err != nil {
		return fmt.Errorf("note %s in %s: %w", name, path, err)
	}
	// Written to a temporary file first, so that the file is never half written.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // it is gone if all went well
	if _, err = f.WriteString(noted); err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func noted(text, path, name, value string) (string, error) {
	line, match := name+"="+value, `(?m)^(\s*(?:export\s+)?(?:`+Prefix+`)?`+name+`)=[^\r\n]*`
	with := "${1}=" + strings.ReplaceAll(value, "$", "$$")
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		key := strings.ToLower(name)
		line, match, with = key+": "+value, `(?m)^([ ]*`+key+`):[^\r\n]*`, "${1}: "+strings.ReplaceAll(value, "$", "$$")
	}
	re := regexp.MustCompile(match)
	switch n := len(re.FindAllString(text, 2)); {
	case n > 1:
		return "", fmt.Errorf("the file sets it more than once. Write %s in the right place", line)
	case n == 1:
		return re.ReplaceAllString(text, with), nil
	case text != "" && !strings.HasSuffix(text, "\n"):
		text += "\n"
	}
	return text + line + "\n", nil
}
