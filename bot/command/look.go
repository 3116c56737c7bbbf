package command

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`) // no shell syntax

// Finds syntax errors and a missing program, without running the command.
func (r *runner) look(ctx context.Context, name, text string) error {
	if _, err := r.run(ctx, name, nil, "-n", "-c", text); err != nil {
		return err
	}
	word, _, _ := strings.Cut(strings.TrimLeft(text, " \t\n"), " ")
	word, _, _ = strings.Cut(word, "\n")
	if !plainWord.MatchString(word) {
		return nil
	}
	if _, err := r.run(ctx, name, nil, "-c", `command -v "$1"`, "sh", word); err != nil {
		return fmt.Errorf("%s: program %q not found in the folder or on the PATH of the commands", name, word)
	}
	return nil
}

func (r *runner) reportUnrun(ctx context.Context, name, text string, report func(what, found string, err error)) {
	if err := r.look(ctx, name, text); err != nil {
		report(name, "", err)
		return
	}
	report(name, "valid syntax (not run)", nil)
}
