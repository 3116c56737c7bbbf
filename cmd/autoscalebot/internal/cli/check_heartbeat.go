package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/starter"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// One slow heartbeat may be an outlier.
	checkSamples = 5
	// No sample begins after this time.
	samplingTime = 20 * time.Second
	// A page that the app answers faster than idlePage does too little to slow down under load. Over a network the
	// fastest of several answers counts, and one that seems to take up to doubtful is not sure.
	idlePage = time.Millisecond
	doubtful = 5 * time.Millisecond
)

// A sample is the heartbeats that a check took in turn.
type sample []probe.Reading

// If the first has no answer for another reason than load, more would only say the same.
func takeSample(ctx context.Context, n int, most time.Duration, take func() probe.Reading) sample {
	began := time.Now()
	all := sample{take()}
	if r := all[0]; r.Outcome != probe.Answered && !canBeLoad(r) {
		return all
	}
	for len(all) < n && time.Since(began) < most && ctx.Err() == nil {
		all = append(all, take())
	}
	return all
}

func canBeLoad(r probe.Reading) bool {
	return r.Outcome == probe.Timeout || r.Outcome == probe.ServerError || r.Outcome == probe.Overloaded
}

// The slowest come last, and after them those without an answer.
func (all sample) sorted() sample {
	return slices.SortedFunc(slices.Values(all), func(a, b probe.Reading) int {
		switch gotA, gotB := a.Outcome == probe.Answered, b.Outcome == probe.Answered; {
		case gotA && !gotB:
			return -1
		case gotB && !gotA:
			return 1
		}
		return cmp.Compare(a.Value, b.Value)
	})
}

// The slower one in the middle of an even number.
func (all sample) median() probe.Reading { return all.sorted()[len(all)/2] }

func (all sample) answered() (ms []float64) {
	for _, r := range all.sorted() {
		if r.Outcome == probe.Answered {
			ms = append(ms, r.Value)
		}
	}
	return ms
}

// Empty for a single heartbeat.
func (all sample) spread() string {
	ms := all.answered()
	if len(all) < 2 || len(ms) == 0 {
		return ""
	}
	text := fmt.Sprintf("the median of %d heartbeats, from %s to %s", len(all), words.Millis(ms[0]),
		words.Millis(ms[len(ms)-1]))
	if failed := len(all) - len(ms); failed > 0 {
		text += fmt.Sprintf("; %d not answered", failed)
	}
	return text
}

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
	if c.needs != "" && strings.HasPrefix(string(s.HeartbeatURL), "/") {
		c.note("heartbeat", "not checked: needs "+c.needs+", because HEARTBEAT_URL is a path. With a whole URL it "+
			"is checked")
		return
	}
	all := takeSample(ctx, checkSamples, samplingTime, c.taker(ctx, p))
	r := all.median()
	chosen := ""
	if s.HeartbeatSamples > 1 {
		chosen = fmt.Sprintf("\neach at percentile %g of %d requests (HEARTBEAT_SAMPLES)", s.HeartbeatPercent,
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
	slow := s.ByHeartbeat() && r.Value > float64(s.MaxResponseTime)
	var wrong error
	if slow {
		wrong = fmt.Errorf("\nThe median is above MAX_RESPONSE_TIME_IN_MS=%g. If the app has little load now, the bot "+
			"would scale it to the maximum and keep it there. Then %s, or make the heartbeat page do less",
			s.MaxResponseTime, advice(s, all))
	}
	c.report("heartbeat", answerText(r, all, s)+chosen, wrong)
	if r.Measure != probe.MeasureQueue && all.idle() {
		c.note("heartbeat", "the app answered in less than 1 ms, like a static page. Such a page stays fast under "+
			"load. Make the heartbeat page do what the app's usual pages do, such as a database query")
	}
	if !slow {
		c.thresholds(s, all)
	}
}

func (c *checker) taker(ctx context.Context, p service.Parts) func() probe.Reading {
	platform, tells := p.Platform.(bot.MaintenanceReporter)
	return func() probe.Reading {
		r := p.Heartbeat.Probe(ctx)
		if tells {
			r = bot.MarkMaintenance(ctx, platform.Maintenance, []probe.Reading{r})[0]
		}
		return r
	}
}

func answerText(r probe.Reading, all sample, s *settings.Settings) string {
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
	text := fmt.Sprintf("%d after %s%s%s", r.Status, words.Phase(ph.Total()), measured(r), verdict)
	if spread := all.spread(); spread != "" {
		text += "\n" + spread
	}
	text += fmt.Sprintf("\nDNS %s, connect %s, TLS %s, processing %s; plus transfer %s", words.Phase(ph.DNS),
		words.Phase(ph.Connect), words.Phase(ph.TLS), words.Phase(ph.Processing), words.Phase(ph.Transfer))
	if r.Measure == probe.MeasureQueue && r.Value > totalMS(ph)+1 { // routers write whole milliseconds
		text += "\nthe queue time is longer than the whole answer: either the app reports other requests, or the " +
			"clocks of the app and its router differ"
	}
	if r.Redirects > 0 {
		text += fmt.Sprintf("\nredirects: %d, to %s. Set HEARTBEAT_URL to that address to save them",
			r.Redirects, r.URL)
	}
	return text
}

// Nobody knows how much load the app has now, so these are notes.
func (c *checker) thresholds(s *settings.Settings, all sample) {
	ms := all.answered()
	if !s.ByHeartbeat() || len(ms) < len(all) || len(ms) < 2 {
		return
	}
	median, low, high := starter.Median(ms), float64(s.MinResponseTime), float64(s.MaxResponseTime)
	var why string
	switch {
	case median >= low && s.Policy == "count" && low > 0:
		why = fmt.Sprintf("the median of %s is above MIN_RESPONSE_TIME_IN_MS=%g, so no heartbeat is fast and no %s is "+
			"ever removed", words.Millis(median), low, c.unit.One())
	case median > high/2:
		why = fmt.Sprintf("the median of %s is more than half of MAX_RESPONSE_TIME_IN_MS=%g, so a short queue already "+
			"counts as slow", words.Millis(median), high)
	default:
		return
	}
	c.note("thresholds", why+". If the app has little load now, "+advice(s, all))
}

// The text ends without a full stop, so that it can be part of a sentence.
func advice(s *settings.Settings, all sample) string {
	t := starter.Propose(all.answered(), s.Timeout())
	if s.Policy != "count" { // by which the lower threshold has no effect
		return fmt.Sprintf("set MAX_RESPONSE_TIME_IN_MS=%g", max(t.Max, float64(s.MaxResponseTime)))
	}
	return fmt.Sprintf("set MIN_RESPONSE_TIME_IN_MS=%g and MAX_RESPONSE_TIME_IN_MS=%g", t.Min,
		max(t.Max, float64(s.MaxResponseTime)))
}

// An answer cost the app almost nothing if it took no longer than one round trip, which is the time to connect. Over a
// network both vary, so the shortest of several count. If the answer is much faster than the connection, it is the
// connecting that is slow, and nothing is known about the page.
func (all sample) idle() bool {
	first := all[0].Phases
	answer, way := first.Processing, first.Connect
	near := func(most time.Duration) bool { return answer-way < most && way-answer < most }
	if way >= idlePage && answer >= idlePage && near(doubtful) {
		for _, r := range all {
			if r.Outcome == probe.Answered {
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
