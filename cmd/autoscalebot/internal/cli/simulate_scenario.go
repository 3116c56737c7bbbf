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

// A fleet is the app and its platform as the command line gives them.
type fleet struct{ slots, serviceMS, serviceCV, boot, router, heartbeatMS, heartbeatCV string }

func newFleet() fleet {
	return fleet{
		slots: "5", serviceMS: "100", serviceCV: "1", boot: "20s-60s", router: "random", heartbeatMS: "40",
		heartbeatCV: "0.5",
	}
}

func (f *fleet) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.slots, "slots", f.slots, "`N`umber of requests that a dyno works on at once")
	flags.StringVar(&f.serviceMS, "service-ms", f.serviceMS,
		"`MILLISECONDS` that an answer takes on average once it is worked on")
	flags.StringVar(&f.serviceCV, "service-cv", f.serviceCV, "`RATIO` of the standard deviation of that to its mean")
	flags.StringVar(&f.boot, "boot", f.boot, "`RANGE` of the time until a new dyno serves")
	flags.StringVar(&f.router, "router", f.router,
		"`WORD` for how the router chooses a dyno: random, least-connections or two-choices")
	flags.StringVar(&f.heartbeatMS, "heartbeat-ms", f.heartbeatMS,
		"`MILLISECONDS` that the app takes for a heartbeat on average")
	flags.StringVar(&f.heartbeatCV, "heartbeat-cv", f.heartbeatCV,
		"`RATIO` of the standard deviation of that to its mean")
}

// read reads the fleet.
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
		m.add("--router", "%q: write random, least-connections or two-choices", f.router)
	}
	return out
}

// A scenario is the demand and the app that a simulation is about, as the command line gives them.
type scenario struct {
	fleet
	trace, shape, from, to, peak, boundMS, seed string
}

func newScenario() *scenario {
	return &scenario{fleet: newFleet(), peak: "25", boundMS: "1000", seed: "1"}
}

func (sc *scenario) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&sc.trace, "trace", "", "a `FILE` of recorded load: rows of unix_time,requests")
	flags.StringVar(&sc.shape, "shape", "", "the `NAME` of a made-up load")
	flags.StringVar(&sc.from, "from", "", "where to begin: so `LONG` after the beginning, such as 7d or 36h")
	flags.StringVar(&sc.to, "to", "", "where to end, so `LONG` after the beginning")
	flags.StringVar(&sc.peak, "peak-dynos", sc.peak,
		"the `N`umber of dynos that the largest 5 minutes need; 0 = take the load as it is")
	flags.StringVar(&sc.boundMS, "bound-ms", sc.boundMS, "the longest right response time in `MILLISECONDS`")
	flags.StringVar(&sc.seed, "seed", sc.seed, "a `N`umber that makes chance")
	sc.fleet.flags(cmd)
}

// name says what is simulated.
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

// options reads the scenario for a trial, whose settings may be nil where they are wrong.
func (sc *scenario) options(m *mistakes, t trial) sim.Options {
	o := sim.Options{
		Peak: m.number("--peak-dynos", sc.peak, 0, 10_000), Bound: m.millis("--bound-ms", sc.boundMS, 30*time.Second),
		Seed: m.whole("--seed", sc.seed, 0, math.MaxInt64), Fleet: sc.read(m, t.s),
	}
	sc.demand(m, &o)
	if t.s == nil || o.Demand == nil {
		return o
	}
	if o.Start.IsZero() { // a Monday, where the schedule's clock is
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
		m.add("--trace, --shape", "are both given; write one of them")
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
			m.add("--trace", "%s lasts %.0f days, and %.0f are the most that are simulated; choose a part with "+
				"--from and --to",
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
			m.add("--from, --to", "are for a --trace; a shape is simulated as a whole")
		}
		o.Demand, o.Fleet = s, s.Fleet(o.Fleet, o.Peak)
	default:
		m.add("--trace, --shape", "are both missing; write --shape flash, or --trace FILE for a load of your own")
	}
}

// longestSimulated is how much of a trace can be simulated at once, as in bot/sim.
const longestSimulated = 366 * 24 * time.Hour

// longestTrace bounds a trace's file in bytes.
const longestTrace = 512 << 20

func readTrace(path string) (sim.Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return sim.Trace{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > longestTrace {
		return sim.Trace{}, fmt.Errorf("%s has more than %d MB", path, longestTrace>>20)
	}
	return sim.ParseTrace(f)
}
