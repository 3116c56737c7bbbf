package command

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// plainWord is a command's first word when no shell syntax is in it.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)

// look says what is wrong with a command that is not run: sh does not understand it, or the program that it begins with is missing.
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
		return fmt.Errorf("%s: there is no program %q in the folder and on the PATH of the commands", name, word)
	}
	return nil
}
