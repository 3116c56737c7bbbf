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
	slowTries = 3 // one slow heartbeat may be an outlier
	// A page that the app answers faster than idlePage does too little to slow down under load. Over a network an
	// answer that seems to take up to doubtful is measured wayTries times, and the fastest counts.
	idlePage = time.Millisecond
	doubtful = 5 * time.Millisecond
	wayTries = 5
)

func (c *checker) heartbeat(ctx context.Context, p service.Parts, s *settings.Settings) {
	if s.Platform == "local" {
		c.note("heartbeat", "not taken: the app runs only while the bot runs")
		return
	}
	if s.HeartbeatCertFile != "" {
		var err error
		if wrong := s.ClientCertificate(time.Now()); wrong != "" {
			err = errors.New(wrong)
		}
		c.report("certificate", "client certificate in "+string(s.HeartbeatCertFile), err)
	}
	if c.deaf && strings.HasPrefix(string(s.HeartbeatURL), "/") {
		c.note("heartbeat", "not taken: HEARTBEAT_URL is only a path, and the app's URL is unknown for the "+
			"reason above")
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
		chosen = fmt.Sprintf("\npercentile %g of %d requests (HEARTBEAT_SAMPLES)", s.HeartbeatPercent,
			s.HeartbeatSamples)
	}
	if r.Status == http.StatusServiceUnavailable && service.EmptyPool(p.Platform) {
		c.note("heartbeat", "the balancer answers 503 because the pool has no servers yet. The running bot creates "+
			"the first")
		return
	}
	if r.Outcome != probe.Answered {
		c.report("heartbeat", string(r.Outcome), errors.New(r.Error+heartbeatHint(r)+chosen))
		return
	}
	verdict := fmt.Sprintf(": ok (between %g and %g ms)", s.MinResponseTime, s.MaxResponseTime)
	switch {
	case !s.ByHeartbeat():
		verdict = ""
	case r.Value > float64(s.MaxResponseTime):
		verdict = fmt.Sprintf(": slow (above %g ms)", s.MaxResponseTime)
	case r.Value < float64(s.MinResponseTime):
		verdict = fmt.Sprintf(": fast (below %g ms)", s.MinResponseTime)
	}
	ph := r.Phases
	text := fmt.Sprintf("%d after %s%s%s\nDNS %s, connect %s, TLS %s, processing %s; plus transfer %s", r.Status,
		words.Phase(ph.Total()), measured(r), verdict,
		words.Phase(ph.DNS), words.Phase(ph.Connect), words.Phase(ph.TLS), words.Phase(ph.Processing),
		words.Phase(ph.Transfer))
	if r.Measure == probe.MeasureQueue && r.Value > totalMS(ph)+1 { // routers write whole milliseconds
		text += "\nthe queue time is longer than the whole answer: either the app reports other requests, or the " +
			"clocks of the app and its router differ"
	}
	if r.Redirects > 0 {
		text += fmt.Sprintf("\nredirects: %d, to %s. Set HEARTBEAT_URL to that address to save them",
			r.Redirects, r.URL)
	}
	var wrong error
	if slow(r) {
		wrong = fmt.Errorf("\n%d heartbeats in a row were slower than MAX_RESPONSE_TIME_IN_MS=%g. If the app has "+
			"little load now, the bot would scale it to the maximum and keep it there. "+
			"Raise the setting, or make the heartbeat page do less", slowTries, s.MaxResponseTime)
	}
	c.report("heartbeat", text+chosen, wrong)
	if r.Measure != probe.MeasureQueue && idle(ph, take) {
		c.note("heartbeat", "the app answered in less than 1 ms, like a static page. Such a page stays fast under "+
			"load. Make the heartbeat page do what the app's usual pages do, such as a database query")
	}
}

// An answer cost the app almost nothing if it took no longer than one round trip, which is the time to connect. Over a
// network both vary, so the shortest of several count. If the answer is much faster than the connection, it is the
// connecting that is slow, and nothing is known about the page.
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

func measured(r probe.Reading) string {
	switch r.Measure {
	case probe.MeasureProcessing:
		return fmt.Sprintf(", processing %s", words.Millis(r.Value))
	case probe.MeasureQueue:
		return fmt.Sprintf(", queue time %s", words.Millis(r.Value))
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
