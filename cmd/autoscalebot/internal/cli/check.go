package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

const (
	// checkTime bounds a whole check.
	checkTime = 2 * time.Minute
	// testTime bounds one test notice.
	testTime = 15 * time.Second
	// slowTries is how many heartbeats are taken before the app is called slow.
	slowTries = 3
	// idlePage is less time than the app needs for a page that says something about its load, and doubtful what may be less when it is measured
	// again, over a network, wayTries times in all.
	idlePage = time.Millisecond
	doubtful = 5 * time.Millisecond
	wayTries = 5
)

func newCheck() *cobra.Command {
	send := false
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Go through everything the bot needs, and change nothing",
		Long: `Reads the settings, then looks at the platform, takes one heartbeat with its phases, and opens each notifier. It prints
what is fine and what is not, with a hint, and changes nothing. Exit code 0 when all is fine, 1 when something is not, 2 when
the settings are wrong.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := settings.LoadAll()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), checkTime)
			defer cancel()
			c := &checker{out: cmd.OutOrStdout()}
			for i, s := range all {
				if len(all) > 1 {
					c.title(i, string(s.HerokuProcessType))
				}
				if err := c.all(ctx, s, service.NewHost(s, cmd.OutOrStdout(), cmd.ErrOrStderr()), send); err != nil {
					return err
				}
			}
			return c.summary()
		},
	}
	cmd.Flags().BoolVar(&send, "notify", false, "send a test notice to each notifier")
	return cmd
}

// A checker prints what it finds, a line each, and counts what is wrong.
type checker struct {
	out   io.Writer
	wrong int
	deaf  bool // the platform does not answer, which was reported
}

// title begins the findings about one of several process types.
func (c *checker) title(i int, processType string) {
	if i > 0 {
		fmt.Fprintln(c.out)
	}
	fmt.Fprintf(c.out, "%s:\n", processType)
}

// all goes through everything that the bot of one process type needs. What the bot would log of it is in the findings.
func (c *checker) all(ctx context.Context, s *settings.Settings, h service.Host, send bool) error {
	h.Log = slog.New(slog.DiscardHandler)
	in, err := service.OpenReceivers([]*settings.Settings{s}, h)
	if err != nil {
		return err
	}
	p, err := service.Open(s, h, in)
	if err != nil {
		return err
	}
	c.settings(s, h.Now)
	c.sources(s)
	for _, text := range s.Notes() {
		c.note("to know", text)
	}
	c.compatibility(s)
	for _, text := range s.Vain() {
		c.note("not used", text)
	}
	for _, text := range s.CommandNotes() {
		c.note("commands", text)
	}
	c.platform(ctx, p.Platform, s, h.Now)
	if p.Heartbeat != nil {
		c.heartbeat(ctx, p, s)
	}
	c.signals(ctx, p.Signals, s, service.EmptyPool(p.Platform))
	c.history(ctx, s)
	c.places(s)
	c.notifiers(ctx, p.Targets, s, send)
	return nil
}

// sources says where each setting comes from that is given, where there is a file beside the environment.
func (c *checker) sources(s *settings.Settings) {
	if s.File == "" {
		return
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, in := range s.AllInForce() {
		if in.From != "" {
			fmt.Fprintf(tw, "%s\t%s\t%s\n", in.Name, in.From, shown(strings.ReplaceAll(in.Value, "\n", "; ")))
		}
	}
	_ = tw.Flush() // into memory
	c.report("settings from", b.String(), nil)
}

// shown cuts a value that is too long for a line, such as a table of some hundred rows.
func shown(value string) string {
	const most = 200
	if runes := []rune(value); len(runes) > most {
		return fmt.Sprintf("%s… (%d characters)", string(runes[:most]), len(runes))
	}
	return value
}

// compatibility says what COMPATIBILITY has switched off.
func (c *checker) compatibility(s *settings.Settings) {
	off, kept := s.SwitchedOff()
	if s.Compatibility == "" {
		return
	}
	text := "as autoscalebot 2.1: nothing is switched off"
	if len(off) > 0 {
		text = "as autoscalebot 2.1: switched off " + strings.Join(off, ", ")
	}
	if len(kept) > 0 {
		text += "; set all the same: " + strings.Join(kept, ", ")
	}
	c.report("compatibility", text, nil)
}

// signals reads each signal once, and says what the rules would make of it. none: there are no servers to read one on.
func (c *checker) signals(ctx context.Context, probers []probe.Prober, s *settings.Settings, none bool) {
	for _, r := range s.Rules {
		c.report("rule", settings.RuleText(r), nil)
	}
	for _, text := range s.Hollow() {
		c.note("rule", text)
	}
	for _, r := range s.ScalingRules {
		step := "adds "
		if r.Down {
			step = "removes "
		}
		c.report("scaling rule", fmt.Sprintf("%s: %s%v, then a cool-down of %g s", &r, step, settings.Step{Step: r.Step}, r.Cooldown.Seconds()), nil)
	}
	for i, name := range service.WantedSignals(s) {
		if sig, _ := s.Signals.Find(name); strings.HasPrefix(sig.URL, "pool") && none {
			c.note(name, "is read on each server, and the pool has no servers yet")
			continue
		}
		if service.IsReceived(s, name) {
			c.note(name, "comes to the bot, so it is known only while the bot runs")
			continue
		}
		r := probers[i].Probe(ctx)
		if sig, _ := s.Signals.Find(name); r.Outcome != probe.Answered && (name == string(cpu.CPU) || sig.Kind == "nodes") { // a mean from one reading to the next
			time.Sleep(cpuTime)
			r = probers[i].Probe(ctx)
		}
		if r.Outcome != probe.Answered {
			c.report(name, string(r.Outcome), errors.New(r.Error))
			continue
		}
		c.report(name, strings.TrimSpace(fmt.Sprintf("%.6g %s", r.Value, r.Unit)), nil)
		if p, ok := probers[i].(interface {
			Missing(context.Context) []string
		}); ok {
			for _, key := range p.Missing(ctx) {
				c.note(name, fmt.Sprintf("there is no key %.100q, which counts as an empty queue: is its name right, and the database?", key))
			}
		}
	}
	for _, sig := range s.Signals {
		if !slices.Contains(service.WantedSignals(s), sig.Name) {
			c.note(sig.Name, "no rule names it, so it is not read")
		}
	}
}

// cpuTime is how long processors are watched to say how busy they are.
const cpuTime = time.Second

// report prints one finding: err is what is wrong with it, nil if it is fine.
func (c *checker) report(what, found string, err error) {
	mark, text := "ok", found
	if err != nil {
		c.wrong++
		mark, text = "WRONG", strings.TrimPrefix(found+": "+err.Error(), ": ")
	}
	fmt.Fprintf(c.out, "%-15s %-5s  %s\n", what, mark, indent(text, 23))
}

// note prints something to know that is not wrong.
func (c *checker) note(what, text string) {
	fmt.Fprintf(c.out, "%-15s %-5s  %s\n", what, "note", indent(text, 23))
}

// indent sets all lines of text but the first off by n spaces.
func indent(text string, n int) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", n))
}

func (c *checker) settings(s *settings.Settings, now time.Time) {
	every := time.Duration(s.HeartbeatInterval).Seconds()
	switch {
	case s.HasHeartbeat() && len(s.ScalingRules) > 0:
		c.report("settings", fmt.Sprintf("a heartbeat every %g s, given up after %g s; the scaling rules alone decide", every, s.Timeout().Seconds()), nil)
	case s.HasHeartbeat():
		c.report("settings", fmt.Sprintf("a heartbeat every %g s, given up after %g s; slow above %g ms, fast below %g ms; slow %v adds %v, fast %v removes %v",
			every, s.Timeout().Seconds(), s.MaxResponseTime, s.MinResponseTime,
			s.Fails, settings.Step{Step: s.Up()}, s.Passes, settings.Step{Step: s.Down()}), nil)
	default:
		c.report("settings", fmt.Sprintf("no heartbeat; the signals are read every %g s", every), nil)
	}
	l := s.Table.At(now)
	text := fmt.Sprintf("%d to %d dynos now", l.Min, l.Max)
	if when, next, ok := s.Table.Next(now); ok {
		text += fmt.Sprintf(", %d to %d from %s (%s)", next.Min, next.Max, when.In(s.TimeZone.Location).Format("Mon 15:04"), s.TimeZone)
	}
	c.report("limits", text, nil)
	if week := s.Table.Week(now); strings.Contains(week, "\n") { // one line says only that the limits are always these
		fmt.Fprintf(c.out, "\n  %s\n\n", indent(week, 2))
	}
	for _, row := range s.Silenced() {
		c.note("limits", row)
	}
	if why := s.Flap(now); why != "" && s.ByHeartbeat() {
		c.report("bounds", "too close together", errors.New(why))
	}
	if s.Paused.Up || s.Paused.Down {
		c.note("paused", "PAUSED is set: the bot holds the limits, and changes nothing else in this direction")
	}
	if s.DryRun {
		c.note("dry run", "DRY_RUN is set: the bot decides and tells, but changes nothing")
	}
	if s.ByHeartbeat() && float64(s.MaxResponseTime) >= float64(s.Timeout().Milliseconds()) {
		c.note("timeout", fmt.Sprintf("heartbeats are given up after %g ms, before they can be slower than %g ms: only a timeout counts as slow",
			float64(s.Timeout().Milliseconds()), s.MaxResponseTime))
	}
}

// history looks at where the history is kept, and at who runs the bot now.
func (c *checker) history(ctx context.Context, s *settings.Settings) {
	url, _ := s.HistoryURL()
	if url == "" {
		c.note("history", "none is kept: there is no page and no report, and a restart goes on from a STATE_FILE alone")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, service.OpenTime)
	defer cancel()
	seen, err := history.Look(ctx, history.Options{URL: url, App: s.App(), ProcessType: string(s.HerokuProcessType)})
	found := "kept in " + seen.Place
	switch {
	case err != nil:
		found = ""
	case url == history.Memory:
		found = "kept in memory, until the bot ends"
	case !seen.Begun:
		found = "to be kept in " + seen.Place + ", where there is none yet"
	}
	c.report("history", found, err)
	if seen.Holder != "" {
		c.note("another bot", "an autoscalebot runs for this app now: "+seen.Holder+". Two would undo each other's work")
	}
}

func (c *checker) platform(ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time) {
	before := c.wrong
	if p, ok := p.(bot.Checker); ok {
		p.Check(ctx, c.report)
	}
	if s.Platform == "local" {
		return // its processes run only while the bot does
	}
	n, _, err := p.Size(ctx)
	switch {
	case err != nil && c.wrong > before:
		c.deaf = true
		c.note("dynos", "not known, for the reason above")
		return
	case err != nil:
		c.deaf = true
		c.report("dynos", "", err)
		return
	}
	c.conflicts(ctx, p, s, now)
	l := s.Table.At(now)
	c.budget(ctx, p, s, l.Min)
	switch {
	case n == 0 && !s.Table.HasZero():
		c.note("dynos", "0 now: somebody switched the app off, so the bot would keep its hands off")
	case l.Clamp(n) != n:
		c.note("dynos", fmt.Sprintf("%d now, outside the limits: the bot would go to %d at once", n, l.Clamp(n)))
	default:
		c.report("dynos", dynosText(p, n), nil)
	}
}

// conflicts reports what is in the way of the number of dynos that the settings ask for.
func (c *checker) conflicts(ctx context.Context, p bot.Scaler, s *settings.Settings, now time.Time) {
	sure, likely, err := service.Conflicts(ctx, p, s, now)
	for _, text := range sure {
		c.report("formation", "", errors.New(text))
	}
	for _, text := range likely {
		c.note("formation", text)
	}
	if err != nil {
		c.note("formation", fmt.Sprintf("not all that may be in the way is known: %v", err))
	}
}

// budget says that the least number of dynos costs more than the month may: they run all the same, as the limits come before the budget.
func (c *checker) budget(ctx context.Context, p bot.Scaler, s *settings.Settings, least int) {
	price := float64(s.DynoPrice)
	if sizes, ok := p.(bot.SizePricer); ok && price == 0 && len(s.Sizes) > 0 {
		price, _ = sizes.SizePrice(s.Sizes[0]) // that of new servers, whatever those cost that are there
	}
	if pricer, ok := p.(bot.Pricer); ok && price == 0 {
		price, _ = pricer.Price(ctx) // which the bot asks for again
	}
	if cost := float64(least) * price; s.Budget > 0 && cost > float64(s.Budget) {
		c.report("budget", fmt.Sprintf("$%g a month", float64(s.Budget)), fmt.Errorf("the minimum of %d dynos costs $%.2f a month: "+
			"lower MIN_DYNOS, or raise MONTHLY_BUDGET", least, cost))
	}
}

// dynosText says how many dynos there are. Those of a pool are wanted first, and are there later.
func dynosText(p bot.Scaler, n int) string {
	status := service.PoolStatus(p)
	if status == nil {
		return fmt.Sprintf("%d now", n)
	}
	st := status()
	return fmt.Sprintf("%d wanted, %d serving, %d existing", n, st.Serving, st.Existing)
}

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
		c.note("heartbeat", "not taken: HEARTBEAT_URL is only a path, and the platform does not tell the app's URL, for the reason above")
		return
	}
	maintenance, _ := p.Platform.(bot.MaintenanceReporter)
	take := func() probe.Reading {
		return bot.MarkMaintenance(ctx, maintenance, []probe.Reading{p.Heartbeat.Probe(ctx)})[0]
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
		chosen = fmt.Sprintf("\nthis is percentile %g of %d requests (HEARTBEAT_SAMPLES)", s.HeartbeatPercent, s.HeartbeatSamples)
	}
	if r.Status == http.StatusServiceUnavailable && service.EmptyPool(p.Platform) {
		c.note("heartbeat", "the balancer answers with status 503, as the pool has no servers yet: a running bot makes the first")
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
	text := fmt.Sprintf("%d after %.0f ms%s%s\nDNS %s, connect %s, TLS %s, processing %s; then transfer %s", r.Status, totalMS(ph), measured(r), verdict,
		phase(ph.DNS), phase(ph.Connect), phase(ph.TLS), phase(ph.Processing), phase(ph.Transfer))
	if r.Measure == probe.MeasureQueue && r.Value > totalMS(ph)+1 { // routers write whole milliseconds
		text += "\nthe queue time is longer than the answer took: unless the app means other requests, its router's clock and its own differ"
	}
	if r.Redirects > 0 {
		text += fmt.Sprintf("\nafter %d redirects, which ended at %s: give HEARTBEAT_URL that address, and each heartbeat saves them", r.Redirects, r.URL)
	}
	var wrong error
	if slow(r) {
		wrong = fmt.Errorf("\n%d heartbeats in a row were slower than MAX_RESPONSE_TIME_IN_MS=%g. If the app is idle now, the bot would go to the maximum and stay there: "+
			"raise the setting, or let the heartbeat do less", slowTries, s.MaxResponseTime)
	}
	c.report("heartbeat", text+chosen, wrong)
	if r.Measure != probe.MeasureQueue && idle(ph, take) {
		c.note("heartbeat", "the answer took the app less than a millisecond, as a static page does, which stays fast when the app is busy: "+
			"let the heartbeat do what the app's usual pages do, such as a query of the database")
	}
}

// idle says that an answer cost the app next to nothing: it came as soon as an answer can come from there, which the time to open a connection
// tells. Over a network both vary, so the shortest of several count. An answer that comes much sooner than a connection says nothing: it is
// then the connecting that is slow.
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
		return fmt.Sprintf(", of which processing took %.0f ms", r.Value)
	case probe.MeasureQueue:
		return fmt.Sprintf(", and %.1f ms in the app's queue", r.Value)
	}
	return ""
}

func totalMS(ph probe.Phases) float64 { return float64(ph.Total()) / float64(time.Millisecond) }

func phase(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// heartbeatHint says what to look at when a heartbeat was not answered, on a line of its own.
func heartbeatHint(r probe.Reading) string {
	if r.Hint == "" {
		return ""
	}
	return "\n" + r.Hint
}

func (c *checker) notifiers(ctx context.Context, to []notify.Target, s *settings.Settings, send bool) {
	if len(to) == 0 {
		c.note("notices", "nobody is told: NOTIFICATION_BACKENDS is not set")
	}
	for _, b := range []struct {
		name  string
		given settings.Secret
	}{{"email", s.SMTPURL}, {"slack", s.SlackWebhookURL + s.SlackBotToken}, {"pagerduty", s.PagerDutyRoutingKey}, {"webhook", s.WebhookURL}, {"urls", s.NotifyURLs}} {
		if b.given != "" && !slices.Contains(s.NotificationBackends, b.name) {
			c.note(b.name, "has settings, but NOTIFICATION_BACKENDS does not name it, so it is not told")
		}
	}
	for _, t := range to {
		if !send {
			c.report(t.Name, "set up; autoscalebot check --notify sends a test notice", nil)
			continue
		}
		c.report(t.Name, "a test notice", c.test(ctx, t, s))
	}
}

func (c *checker) test(ctx context.Context, t notify.Target, s *settings.Settings) error {
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	now := time.Now()
	l := s.Table.At(now)
	return t.Notifier.Notify(ctx, notify.Event{
		ID: rand.Text(), Kind: notify.Test, Time: now, App: s.App(), ProcessType: string(s.HerokuProcessType),
		From: -1, To: -1, Min: l.Min, Max: l.Max, Reason: "somebody asked for a test notice with autoscalebot check --notify",
	})
}

func (c *checker) summary() error {
	switch {
	case c.wrong == 1:
		return errors.New("1 of these is wrong")
	case c.wrong > 1:
		return fmt.Errorf("%d of these are wrong", c.wrong)
	}
	_, err := fmt.Fprintln(c.out, "\nall is fine")
	return err
}
