package cli

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A fleet has the flags that describe the app and its platform.
type fleet struct{ slots, serviceMS, serviceCV, boot, router, heartbeatMS, heartbeatCV string }

func newFleet() fleet {
	return fleet{
		slots: "5", serviceMS: "100", serviceCV: "1", boot: "20s-60s", router: "random", heartbeatMS: "40",
		heartbeatCV: "0.5",
	}
}

func (f *fleet) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.slots, "slots", f.slots, "`number` of requests that a dyno processes at once")
	flags.StringVar(&f.serviceMS, "service-ms", f.serviceMS,
		"mean processing time of a request, in `milliseconds`")
	flags.StringVar(&f.serviceCV, "service-cv", f.serviceCV,
		"standard deviation of --service-ms, as a `ratio` to the mean")
	flags.StringVar(&f.boot, "boot", f.boot, "boot time of a dyno: a `time` or a range")
	flags.StringVar(&f.router, "router", f.router,
		"how the router chooses a dyno, a `method`: random, least-connections or two-choices")
	flags.StringVar(&f.heartbeatMS, "heartbeat-ms", f.heartbeatMS,
		"mean processing time of a heartbeat, in `milliseconds`")
	flags.StringVar(&f.heartbeatCV, "heartbeat-cv", f.heartbeatCV,
		"standard deviation of --heartbeat-ms, as a `ratio` to the mean")
}

func (f fleet) read(m *mistakes, s *settings.Settings) sim.Fleet {
	out := sim.DefaultFleet()
	out.Slots = int(m.whole("--slots", f.slots, 1, 1000))
	out.Service.Mean = m.millis("--service-ms", f.serviceMS, time.Minute)
	out.Service.CV = m.number("--service-cv", f.serviceCV, 0, 100)
	out.BootMin, out.BootMax = m.times("--boot", f.boot)
	out.Heartbeat.Service.Mean = m.millis("--heartbeat-ms", f.heartbeatMS, time.Minute)
	out.Heartbeat.Service.CV = m.number("--heartbeat-cv", f.heartbeatCV, 0, 100)
	if s != nil {
		out.Heartbeat.Timeout = s.Timeout()
	}
	switch f.router {
	case "random":
	case "least-connections":
		out.Router = sim.LeastConnections
	case "two-choices":
		out.Router = sim.TwoChoices
	default:
		m.add("--router", "%q: must be random, least-connections or two-choices", f.router)
	}
	return out
}

// A scenario has the flags that describe the load and the app of a simulation.
type scenario struct {
	fleet
	trace, shape, from, to, peak, boundMS, seed string
}

func newScenario() *scenario {
	return &scenario{fleet: newFleet(), peak: "25", boundMS: "1000", seed: "1"}
}

func (sc *scenario) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&sc.trace, "trace", "", "`file` of recorded load: rows of unix_time,requests")
	flags.StringVar(&sc.shape, "shape", "", "`name` of a synthetic load")
	flags.StringVar(&sc.from, "from", "", "begin this `time` after the trace's start, such as 7d or 36h")
	flags.StringVar(&sc.to, "to", "", "end this `time` after the trace's start")
	flags.StringVar(&sc.peak, "peak-dynos", sc.peak,
		"scale the load so that its busiest 5 minutes need this `number` of dynos; 0 keeps the load")
	flags.StringVar(&sc.boundMS, "bound-ms", sc.boundMS,
		"response time above which a request is slow, in `milliseconds`")
	flags.StringVar(&sc.seed, "seed", sc.seed, "`number` that seeds the random numbers")
	sc.fleet.flags(cmd)
}

func (sc *scenario) name() string {
	name := "the shape " + sc.shape
	if sc.trace != "" {
		name = filepath.Base(sc.trace)
	}
	if sc.from != "" || sc.to != "" {
		name += " from " + cmp.Or(sc.from, "0h") + " to " + cmp.Or(sc.to, "its end")
	}
	return name
}

// The trial's settings are nil if they are invalid.
func (sc *scenario) options(m *mistakes, t trial) sim.Options {
	o := sim.Options{
		Peak: m.number("--peak-dynos", sc.peak, 0, 10_000), Bound: m.millis("--bound-ms", sc.boundMS, 30*time.Second),
		Seed: m.whole("--seed", sc.seed, 0, math.MaxInt64), Fleet: sc.read(m, t.s),
	}
	sc.demand(m, &o)
	if t.s == nil || o.Demand == nil {
		return o
	}
	if o.Start.IsZero() { // a Monday in the schedule's time zone
		o.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, t.s.TimeZone.Location)
	}
	o.Price = float64(t.s.DynoPrice)
	o.Limits = t.limits(o.Start, o.Demand.Length())
	return o
}

func (sc *scenario) demand(m *mistakes, o *sim.Options) {
	from, to := m.after("--from", sc.from), m.after("--to", sc.to)
	switch {
	case sc.trace != "" && sc.shape != "":
		m.add("--trace, --shape", "are both set. Use one of them")
	case sc.trace != "":
		t, err := readTrace(sc.trace)
		if err == nil && (sc.from != "" || sc.to != "") {
			if sc.to == "" {
				to = t.Length()
			}
			t, err = t.Between(from, to)
		}
		if err != nil {
			m.add("--trace", "%v", err)
			return
		}
		if t.Length() > longestSimulated {
			m.add("--trace", "%s lasts %.0f days: must be at most %.0f. Choose a part with --from and --to",
				sc.trace, t.Length().Hours()/24, longestSimulated.Hours()/24)
			return
		}
		o.Demand, o.Start = t, t.Start
	case sc.shape != "":
		s, err := sim.ShapeOf(sc.shape)
		if err != nil {
			m.add("--shape", "%v", err)
			return
		}
		if sc.from != "" || sc.to != "" {
			m.add("--from, --to", "apply only to --trace. Remove them: a shape is simulated as a whole")
		}
		o.Demand, o.Fleet = s, s.Fleet(o.Fleet, o.Peak)
	default:
		m.add("--trace, --shape", "are both missing. Use --shape flash, or --trace FILE for your own load")
	}
}

const longestSimulated = 366 * 24 * time.Hour // as in bot/sim

const longestTrace = 512 << 20 // bytes

func readTrace(path string) (sim.Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return sim.Trace{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > longestTrace {
		return sim.Trace{}, fmt.Errorf("%s is larger than %d MB", path, longestTrace>>20)
	}
	return sim.ParseTrace(f)
}
