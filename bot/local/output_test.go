package local

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func TestOutputIsForwardedLineByLine(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct{ name, in, want string }{
		{"lines", "a\nb\n", "web.1 | a\nweb.1 | b\n"},
		{"empty line", "a\n\nb\n", "web.1 | a\nweb.1 | \nweb.1 | b\n"},
		{"last line is partial", "a\nb", "web.1 | a\nweb.1 | b\n"},
		{"carriage returns", "a\r\nb\rc\r\n", "web.1 | a\nweb.1 | b\rc\n"},
		{"nothing", "", ""},
		{"long line is split", long + "yz\nb\n", "web.1 | " + long + "\nweb.1 | yz\nweb.1 | b\n"},
		{"as long as may be", long + "\nb\n", "web.1 | " + long + "\nweb.1 | b\n"},
	} {
		var out logtest.Buffer
		(&output{w: &out}).copy("web.1 | ", strings.NewReader(c.in))
		if got := out.String(); got != c.want {
			t.Errorf("%s: got %.200q, want %.200q", c.name, got, c.want)
		}
	}
}

func TestLinesOfSeveralProcessesNeverMix(t *testing.T) {
	// The writer is not safe for concurrent use, which the race detector would report too.
	var out bytes.Buffer
	o := &output{w: &out}
	var wg sync.WaitGroup
	for i := range 4 {
		line := strings.Repeat(fmt.Sprint(i), 300) + "\n"
		wg.Go(func() { o.copy(fmt.Sprintf("web.%d | ", i), strings.NewReader(strings.Repeat(line, 200))) })
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 800 {
		t.Fatalf("%d lines, want 800", len(lines))
	}
	for _, l := range lines {
		if n := l[4:5]; l != "web."+n+" | "+strings.Repeat(n, 300) {
			t.Fatalf("mixed line %q", l)
		}
	}
}
