package local

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const maxProcfile = 64 << 10 // bytes

var processName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// WebCommand reads the command of a process type from a Procfile; an empty type means "web". Lines have the form "type:
// command". Empty lines and lines that begin with # are ignored. The error names an invalid line, or a type that is
// declared twice.
func WebCommand(procfile io.Reader, processType string) (string, error) {
	if processType == "" {
		processType = "web"
	}
	text, err := io.ReadAll(io.LimitReader(procfile, maxProcfile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the Procfile: %w", err)
	case len(text) > maxProcfile:
		return "", fmt.Errorf("the file is longer than %d bytes, so it is not a Procfile", maxProcfile)
	}
	commands := map[string]string{}
	first := map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	lines.Buffer(nil, maxProcfile+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, command, _ := strings.Cut(line, ":")
		command = strings.TrimSpace(command)
		switch {
		case !processName.MatchString(name) || command == "":
			return "", fmt.Errorf("line %d of the Procfile: %.80q must have the form \"type: command\", such as "+
				"\"web: gunicorn app:app\"", n, line)
		case strings.ContainsRune(line, 0):
			return "", fmt.Errorf("line %d of the Procfile contains a zero byte", n)
		case first[name] > 0:
			return "", fmt.Errorf("line %d of the Procfile: %s is already declared in line %d", n, name, first[name])
		}
		first[name], commands[name] = n, command
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read the Procfile: %w", err)
	}
	command, ok := commands[processType]
	switch {
	case ok:
		return command, nil
	case len(commands) == 0:
		return "", errors.New("the Procfile declares no process: must have a line such as \"web: gunicorn app:app\"")
	}
	return "", fmt.Errorf("the Procfile declares no %q, only: %s", processType,
		strings.Join(slices.Sorted(maps.Keys(commands)), ", "))
}
