package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func TestProgressHasTheTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := &progressLine{line: liveLine{w: &b}, what: "trying settings", begin: time.Now(), shown: -1}
		line := func(share float64, after time.Duration) string {
			b.Reset()
			time.Sleep(after)
			p.tell(share)
			return strings.TrimRight(strings.TrimPrefix(b.String(), "\r"), " ")
		}
		for _, c := range []struct {
			share float64
			after time.Duration
			want  string
		}{
			{0, 0, "trying settings: 0 %"},
			{0.001, time.Minute, "trying settings: 0 %"},                  // too little work to know
			{0.01, time.Minute, "trying settings: 1 %, about 3.3 h left"}, // 2 min for 1 %
			{0.25, 8 * time.Minute, "trying settings: 25 %, about 30 min left"},
			{0.25, 100 * time.Millisecond, ""}, // nothing new
			{0.20, time.Minute, ""},            // never back
			{0.8, 5 * time.Minute, "trying settings: 80 %, about 5 min left"},
			{0.99, 0, "trying settings: 99 %, about 10 s left"},
			{1, 0, "trying settings: 100 %"},
		} {
			if got := line(c.share, c.after); got != c.want {
				t.Errorf("%g: got %q, want %q", c.share, got, c.want)
			}
		}
		b.Reset()
		p.clear()
		if got := b.String(); !strings.HasPrefix(got, "\r   ") || !strings.HasSuffix(got, " \r") || line(1, time.Hour) != "" {
			t.Errorf("the line is cleared by %q", got)
		}
	})
}

// The progress goes to a terminal only: a file and a pipe get no line.
func TestProgressIsForTerminals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	in, end := watched(&b, "importing", f)
	text, err := io.ReadAll(in)
	end()
	if tell, _ := progress(&b, "x"); err != nil || string(text) != "0123456789" || b.Len() > 0 || tell != nil {
		t.Errorf("read %q, %v, and wrote %q", text, err, b.String())
	}
	var shares []float64
	r := &progressReader{Reader: strings.NewReader("0123456789"), size: 10, tell: func(s float64) { shares = append(shares, s) }}
	if _, err := io.ReadAll(r); err != nil || len(shares) == 0 || shares[len(shares)-1] != 1 {
		t.Errorf("the shares are %v, %v", shares, err)
	}
}

// On a terminal a step's line has the time it has taken and its detail. The output of a script has the terminal to itself.
func TestStepsOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b logtest.Buffer
		s := &steps{w: &b, terminal: true, line: liveLine{w: &b}, ticker: time.NewTicker(time.Second), ended: make(chan struct{})}
		go s.tick()
		shown := func(do func()) string {
			before := len(b.String())
			do()
			synctest.Wait()
			lines := strings.Split(b.String()[before:], "\r")
			return strings.TrimRight(lines[len(lines)-1], " ")
		}
		for _, c := range []struct {
			do   func()
			want string
		}{
			{func() { s.report("step 1 of 2: create web-1") }, "step 1 of 2: create web-1"},
			{func() { time.Sleep(65 * time.Second) }, "step 1 of 2: create web-1, 1 min 5 s"},
			{func() { s.report("  web-1 is new") }, "step 1 of 2: create web-1, 1 min 5 s (web-1 is new)"},
			{func() { s.report("step 2 of 2: run setup.sh") }, "step 2 of 2: run setup.sh"},
			{func() { _, _ = s.Write([]byte("hello\n")) }, "hello\n"},
			{func() { time.Sleep(5 * time.Second) }, ""},
			{s.end, ""},
		} {
			if got := shown(c.do); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		}
	})
}

// A history that begins after the period does not begin with half of the work done.
func TestProgressThroughAPeriod(t *testing.T) {
	to, share := teaTime, -1.0
	at := through(func(s float64) { share = s }, to)
	if at(to.Add(-10 * time.Hour)); share != 0 {
		t.Errorf("at the first record it is %g", share)
	}
	if at(to.Add(-5 * time.Hour)); share != 0.5 {
		t.Errorf("in the middle it is %g", share)
	}
	through(nil, to)(to)
}
