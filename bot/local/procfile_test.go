package local

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

func TestWebCommandReadsAProcfile(t *testing.T) {
	for _, c := range []struct{ name, procfile, kind, want, fails string }{
		{"one line", "web: gunicorn app:app\n", "", "gunicorn app:app", ""},
		{"without line feed", "web: node index.js", "web", "node index.js", ""},
		{"another type", "web: a\nworker: b -x\n", "worker", "b -x", ""},
		{"comments and empty lines", "# mine\n\n  \nweb: a\n", "", "a", ""},
		{"Windows, with a byte order mark", "\ufeffweb: a\r\nworker: b\r\n", "", "a", ""},
		{"no space after the colon", "web:a", "", "a", ""},
		{"shell syntax", "web: A=1 exec x --p=${PORT:-80} # why", "", "A=1 exec x --p=${PORT:-80} # why", ""},
		{"not there", "worker: b\nclock: c\n", "", "", `declares no "web", only: clock, worker`},
		{"empty", "\n# web: a\n", "", "", "declares no process"},
		{"no colon", "web: a\nrun this\n", "", "", `line 2 of the Procfile: "run this" must have the form "type: command"`},
		{"no command", "\nweb:  \n", "", "", `line 2 of the Procfile: "web:" must have the form`},
		{"odd space", "web:\v\u00a0a b\u0085\n", "", "a b", ""},
		{"twice", "web: a\n\nweb: b\n", "", "", "line 3 of the Procfile: web is already declared in line 1"},
		{"zero byte", "web: a\x00b\n", "", "", "line 1 of the Procfile contains a zero byte"},
		{"too long", "web: " + strings.Repeat("x", maxProcfile), "", "", "longer than 65536 bytes"},
	} {
		got, err := WebCommand(strings.NewReader(c.procfile), c.kind)
		if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.fails)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if _, err := WebCommand(iotest.ErrReader(errors.New("disk on fire")), ""); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("a reader that fails gave %v", err)
	}
}

func FuzzWebCommand(f *testing.F) {
	for _, s := range []string{"web: a b\n", "web:a\r\n# x\nworker: b", "\ufeffweb: x", "web: a\nweb: b", "web\n", ":", "web:\v0", "web: \x00", "a_b-C9: \xff"} {
		f.Add(s, "web")
	}
	f.Fuzz(func(t *testing.T, procfile, kind string) {
		command, err := WebCommand(strings.NewReader(procfile), kind)
		if err != nil {
			if command != "" {
				t.Errorf("an error, and the command %q", command)
			}
			return
		}
		if command == "" || strings.TrimSpace(command) != command || strings.ContainsAny(command, "\x00\n") || !strings.Contains(procfile, command) {
			t.Errorf("command %q of %q", command, procfile)
		}
	})
}
