package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// slowTries is how many heartbeats are taken before the app is called slow.
	slowTries = 3
	// idlePage is less time than the app needs for a page that says something about its load, and doubtful what may be
	// less when it is measured again, over a network, wayTries times in all.
	idlePage = time.Millisecond
	doubtful = 5 * time.Millisecond
	wayTries = 5
)

func (c *checker) heartbeat(ctx context.Context, p service.Parts, s *settings.Settings) {
	if s.Platform == "local" {
		c.note("heartbeat", "not taken: the app runs only while the bot does")
		return
	}
	if s.HeartbeatCertFile != "" {
		var err error
		if wrong := s.ClientCertificate(time.Now()); wrong != "" {
			err = errors.New(wrong)
		}
		c.report("certificate", "of the client, in "+string(s.HeartbeatCertFile), err)
	}
	if c.deaf && strings.HasPrefix(string(s.HeartbeatURL), "/") {
		c.note("heartbeat", "not taken: HEARTBEAT_URL is only a path, and the platform does not tell the app's URL, "+
			"for the reason above")
		return
	}
	platform, tells := p.Platform.(bot.MaintenanceReporter)
	take := func() probe.Reading {
		r := p.Heartbeat.Probe(ctx)
		if tells {
			r = bot.MarkMaintenance(ctx, platform.Maintenance, []probe.Reading{r})[0]
		}
		return r
	}
	r := take()
	slow := func(r probe.Reading) bool {
		return s.ByHeartbeat() && r.Outcome == probe.Answered && r.Value > float64(s.MaxResponseTime)
	}
	for n := 1; n < slowTries && slow(r); n++ {
		if again := take(); again.Outcome == probe.Answered && again.Value < r.Value {
			r = again
		}
	}
	chosen := ""
	if s.HeartbeatSamples > 1 {
		chosen = fmt.Sprintf("\nthis is percentile %g of %d requests (HEARTBEAT_SAMPLES)", s.HeartbeatPercent,
			s.HeartbeatSamples)
	}
	if r.Status == http.StatusServiceUnavailable && service.EmptyPool(p.Platform) {
		c.note("heartbeat", "the balancer answers with status 503, as the pool has no servers yet: a running bot "+
			"makes the first")
		return
	}
	if r.Outcome != probe.Answered {
		c.report("heartbeat", string(r.Outcome), errors.New(r.Error+heartbeatHint(r)+chosen))
		return
	}
	verdict := ", which is right"
	switch {
	case !s.ByHeartbeat():
		verdict = ""
	case r.Value > float64(s.MaxResponseTime):
		verdict = ", which is too slow"
	case r.Value < float64(s.MinResponseTime):
		verdict = ", which is fast"
	}
	ph := r.Phases
	text := fmt.Sprintf("%d after %s%s%s\nDNS %s, connect %s, TLS %s, processing %s; then transfer %s", r.Status,
		words.Phase(ph.Total()), measured(r), verdict,
		words.Phase(ph.DNS), words.Phase(ph.Connect), words.Phase(ph.TLS), words.Phase(ph.Processing),
		words.Phase(ph.Transfer))
	if r.Measure == probe.MeasureQueue && r.Value > totalMS(ph)+1 { // routers write whole milliseconds
		text += "\nthe queue time is longer than the answer took: unless the app means other requests, its router's " +
			"clock and its own differ"
	}
	if r.Redirects > 0 {
		text += fmt.Sprintf("\nafter %d redirects, which ended at %s: give HEARTBEAT_URL that address, and each "+
			"heartbeat saves them", r.Redirects, r.URL)
	}
	var wrong error
	if slow(r) {
		wrong = fmt.Errorf("\n%d heartbeats in a row were slower than MAX_RESPONSE_TIME_IN_MS=%g. If the app is idle "+
			"now, the bot would go to the maximum and stay there: "+
			"raise the setting, or let the heartbeat do less", slowTries, s.MaxResponseTime)
	}
	c.report("heartbeat", text+chosen, wrong)
	if r.Measure != probe.MeasureQueue && idle(ph, take) {
		c.note("heartbeat", "the answer took the app less than a millisecond, as a static page does, which stays "+
			"fast when the app is busy: "+
			"let the heartbeat do what the app's usual pages do, such as a query of the database")
	}
}

// idle says that an answer cost the app next to nothing: it came as soon as an answer can come from there, which the
// time to open a connection tells. Over a network both vary, so the shortest of several count. An answer that comes
// much sooner than a connection says nothing: it is then the connecting that is slow.
func idle(first probe.Phases, take func() probe.Reading) bool {
	answer, way := first.Processing, first.Connect
	near := func(most time.Duration) bool { return answer-way < most && way-answer < most }
	if way >= idlePage && answer >= idlePage && near(doubtful) {
		for range wayTries - 1 {
			if r := take(); r.Outcome == probe.Answered {
				answer, way = min(answer, r.Phases.Processing), min(way, r.Phases.Connect)
			}
		}
	}
	return answer < idlePage || near(idlePage)
}

// measured names the part of an answer's time that the bot scales by, if it is not the total.
func measured(r probe.Reading) string {
	switch r.Measure {
	case probe.MeasureProcessing:
		return fmt.Sprintf(", of which processing took %s", words.Millis(r.Value))
	case probe.MeasureQueue:
		return fmt.Sprintf(", and %s in the app's queue", words.Millis(r.Value))
	}
	return ""
}

func totalMS(ph probe.Phases) float64 { return float64(ph.Total()) / float64(time.Millisecond) }

func heartbeatHint(r probe.Reading) string {
	if r.Hint == "" {
		return ""
	}
	return "\n" + r.Hint
}
