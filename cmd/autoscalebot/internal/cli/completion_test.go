package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each shell loads its completions, and they complete commands, flags and commands of commands.
func TestCompletionsLoadInShells(t *testing.T) {
	t.Parallel()
	program := binary(t)
	for _, shell := range []struct{ name, args, script string }{
		{"bash", "--noprofile --norc", `
			complete_line() {
				COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
				__start_autoscalebot
				echo "${COMPREPLY[@]}"
			}
			source /usr/share/bash-completion/bash_completion
			source <(autoscalebot completion bash)
			complete -p autoscalebot >/dev/null
			complete_line autoscalebot stat
			complete_line autoscalebot why --js
			complete_line autoscalebot servers spin`},
		// zsh completes only on a terminal, so this loads the function and asks the program as the function does.
		{"zsh", "-f", `
			fpath=($HOME $fpath)
			autoscalebot completion zsh > $HOME/_autoscalebot
			autoload -Uz compinit && compinit -u -d $HOME/dump
			[[ $_comps[autoscalebot] = _autoscalebot ]] || exit 1
			autoload +X _autoscalebot || exit 1
			autoscalebot __complete stat 2>/dev/null
			autoscalebot __complete why --js 2>/dev/null
			autoscalebot __complete servers spin 2>/dev/null`},
		{"fish", "--no-config", `
			autoscalebot completion fish | source
			complete -C "autoscalebot stat"
			complete -C "autoscalebot why --js"
			complete -C "autoscalebot servers spin"`},
	} {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell.name)
			if err != nil {
				t.Skip(shell.name + " is not installed: run .ci/install-test-deps")
			}
			if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); err != nil && shell.name == "bash" {
				t.Skip("bash-completion is not installed: run .ci/install-test-deps")
			}
			cmd := exec.Command(path, append(strings.Fields(shell.args), "-c", shell.script)...)
			home := t.TempDir()
			cmd.Env = []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "TERM=dumb", "PATH=" + filepath.Dir(program) + ":/usr/bin:/bin"}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range []string{"status", "--json", "spinup"} {
				if !strings.Contains(string(out), want) {
					t.Errorf("does not complete %s:\n%s", want, out)
				}
			}
			if strings.Contains(string(out), "rror") {
				t.Errorf("prints an error:\n%s", out)
			}
		})
	}
}
