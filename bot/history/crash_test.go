package history_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// With this variable, the test binary is a child that writes to the history at its value until it is killed.
const childURL = "HISTORY_TEST_CHILD_URL"

const crashBeats = 6_000 // more than a child writes before it is killed

// It prints the number of records that are certainly written.
func writeUntilKilled(url string) error {
	ctx := context.Background()
	db, err := history.Open(ctx, history.Options{URL: url, App: "forest", ProcessType: "web"})
	if err != nil {
		return err
	}
	newest, err := db.Records(ctx, history.Query{Limit: 1})
	if err != nil {
		return err
	}
	all := beats(noon, time.Second, crashBeats)
	n := 0
	for len(newest) > 0 && !all[n].Time.After(newest[0].Time) {
		n++
	}
	for ; n < len(all); n++ {
		if err := db.Record(ctx, all[n]); err != nil {
			return err
		}
		if n%10 != 0 {
			continue
		}
		if err := db.Remember(bot.Memory{State: decide.State{Dynos: n}}); err != nil {
			return err
		}
		fmt.Printf("remembered %d\n", n)
		if n%70 == 0 {
			if err := db.Flush(ctx); err != nil {
				return err
			}
			fmt.Printf("flushed %d\n", n)
		}
	}
	return db.Close(ctx)
}

func TestAKillLosesOnlyWhatWasNotWritten(t *testing.T) {
	racetest.Long(t)
	for name, l := range map[string]func(testing.TB) lab{"sqlite": sqliteLab, "postgres": postgresLab} {
		t.Run(name, func(t *testing.T) {
			l := l(t)
			want := beats(noon, time.Second, crashBeats)
			for round := range 3 {
				flushed, remembered := killAfter(t, l.url, 30+17*round)
				db := l.open(t)
				m, _, err := db.Memory(t.Context())
				if err != nil || m.State.Dynos < remembered {
					t.Errorf("%d was remembered, and %+v, %v is there", remembered, m.State, err)
				}
				got := records(t, db, history.Query{Limit: 10_000})
				if len(got) <= flushed || !same(t, got, want[:len(got)]) {
					t.Errorf("%d records were written, and %d are there, or others", flushed+1, len(got))
				}
				counted := 0
				for _, p := range points(t, db, time.Time{}, time.Time{}, 10_000).Points {
					counted += p.Heartbeats
				}
				if counted != len(got) || counted == 0 {
					t.Errorf("the points count %d heartbeats of %d records", counted, len(got))
				}
				shut(t, db)
			}
		})
	}
}

// lines is the number of lines to wait for. The numbers are the newest that the child printed.
func killAfter(t *testing.T, url string, lines int) (flushed, remembered int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childURL+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for n := 0; said.Scan(); n++ { // to the end: lines after the kill count too
		if n == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		word, number, _ := strings.Cut(said.Text(), " ")
		at := &remembered
		if word == "flushed" {
			at = &flushed
		}
		if _, err := fmt.Sscan(number, at); err != nil {
			t.Errorf("the child said %q", said.Text())
		}
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended before it was killed")
	}
	return flushed, remembered
}
