package notice_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func heard(o probe.Outcome) record.Record {
	return record.Record{Time: noon, Dynos: 5, Readings: []probe.Reading{{Outcome: o}}}
}

func stuck(n int) record.Record {
	r := heard(probe.Answered)
	r.Decision.Ineffective = &decide.ScaleUps{From: 2, N: n}
	return r
}

func TestAdvice(t *testing.T) {
	atRow, limited, bySignal, paused, cheap := heard(probe.Answered), heard(probe.Answered), heard(probe.Answered), heard(probe.Answered), heard(probe.Answered)
	atRow.MaxRow = "9:00=5"
	limited.Control.Limits = []decide.LimitsOverride{{Limits: schedule.Limits{Min: 1, Max: 5}, Until: noon.Add(1)}}
	bySignal.Decision.Reading = -1
	paused.Control.Up = decide.Pause{On: true}
	cheap.Price, cheap.Unit = 25, "instance"
	off, managed := record.Record{Unit: "process"}, record.Record{}
	managed.Decision.LeftAlone = "the app is in maintenance mode"
	for _, c := range []struct {
		kind notify.Kind
		of   record.Record
		want string
	}{
		{notify.NeedsExceedMax, heard(probe.Answered), "Raise MAX_DYNOS, or find out what makes the app slow."},
		{notify.NeedsExceedMax, atRow, "Raise MAX_DYNOS (9:00=5 is in force), or find out what makes the app slow."},
		{notify.NeedsExceedMax, limited, "Set higher limits with autoscalebot limits, or find out what makes the app slow."},
		{notify.NeedsExceedMax, bySignal, "Raise MAX_DYNOS, or find out why the signal is so high."},
		{notify.NeedsExceedMax, stuck(3), "Look at the database first: 3 scale-ups from 2 to 5 did not help."},
		{notify.NeedsBelowMin, heard(probe.Answered), "Lower MIN_DYNOS to save money."},
		{notify.NeedsBelowMin, cheap, "Lower MIN_DYNOS to save $25 a month for each instance."},
		{notify.IneffectiveScaleUps, stuck(1), "Look at the database, slow routes and other services: 1 scale-up did not help, so the bot adds no more."},
		{notify.HeartbeatUnreachable, heard(probe.Timeout), "Open the heartbeat URL in a browser. If the app is only slow, raise HEARTBEAT_TIMEOUT_IN_SECONDS."},
		{notify.HeartbeatUnreachable, heard(probe.ServerError), "Look at the app's log."},
		{notify.HeartbeatUnreachable, heard(probe.ClientError), "Open the heartbeat URL in a browser. Check HEARTBEAT_URL, and that the app has a heartbeat page."},
		{notify.HeartbeatUnreachable, heard(probe.Unreachable), "Check that the app is up, and that HEARTBEAT_URL leads to it."},
		{notify.LeftAlone, off, "To let the bot scale again, set 1 or more processes on the platform."},
		{notify.LeftAlone, managed, "If somebody intended this, there is nothing to do. The bot continues by itself when it ends."},
		{notify.Paused, paused, "To end it, run autoscalebot resume."},
		{notify.Paused, heard(probe.Answered), "To end it, remove the setting PAUSED and restart the bot."},
		{notify.Scaled, heard(probe.Answered), ""},
	} {
		if got := notice.Advice(c.kind, c.of); got != c.want {
			t.Errorf("%s: %q, want %q", c.kind, got, c.want)
		}
	}
}

// These do not come from ticks. Who reports them gives their advice.
var besideTicks = []notify.Kind{notify.SecondBot, notify.PoolBlocked, notify.SettingsRefused}

func TestEachIncidentHasAdvice(t *testing.T) {
	kinds := incidents(t)
	if len(kinds) < 15 {
		t.Fatalf("package notify has the incidents %v", kinds)
	}
	for _, k := range kinds {
		if advice := notice.Advice(k, stuck(3)); advice == "" && !slices.Contains(besideTicks, k) {
			t.Errorf("%s has no advice", k)
		}
	}
}

// The kinds whose comments say that they are incidents.
func incidents(t *testing.T) (kinds []notify.Kind) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../notify/event.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		consts, ok := d.(*ast.GenDecl)
		if !ok || consts.Tok != token.CONST {
			continue
		}
		for _, s := range consts.Specs {
			v := s.(*ast.ValueSpec)
			if !strings.Contains(strings.Join(strings.Fields(v.Doc.Text()), " "), "An incident.") {
				continue
			}
			name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, notify.Kind(name))
		}
	}
	return kinds
}
