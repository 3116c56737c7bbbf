package peers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/peers"
)

// A demand in whole dynos for 30 minutes each. A dyno serves 50 requests per second.
type steps []float64

func (s steps) Rate(seconds float64) float64 {
	return 50 * s[min(int(seconds/1800), len(s)-1)]
}
func (s steps) Length() time.Duration { return time.Duration(len(s)) * 30 * time.Minute }

func run(t *testing.T, d sim.Driver, demand sim.Demand, dynos int) sim.Result {
	t.Helper()
	f := sim.DefaultFleet()
	f.Dynos, f.NoRestarts = dynos, true
	r, err := sim.Run(t.Context(), sim.Options{Demand: demand, Fleet: f, Seed: 3}, d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The numbers of dynos at the end of these minutes.
func dynos(r sim.Result, minutes ...int) []int {
	var out []int
	for _, i := range minutes {
		out = append(out, r.Minutes[i].Dynos)
	}
	return out
}

func TestHPATracksUtilisationAndHoldsADownForFiveMinutes(t *testing.T) {
	racetest.Computes(t)
	r := run(t, peers.HPA(0.7), steps{2.1, 5.6, 0.9}, 3)
	got := dynos(r, 29, 33, 59, 64, 68, 89)
	// 8 dynos are 70 % busy, and 9 are only just too idle; the backlog of the boots needs more for a while.
	if got[0] != 3 || got[1] < 8 || got[2] < 8 || got[2] > 9 || got[3] != got[2] || got[4] != 2 || got[5] != 2 {
		t.Errorf("got %v dynos, want 3, 8 or more, 8 or 9, the same still 5 minutes after the load has gone, and then 2", got)
	}
	if r.Flips > 2 {
		t.Errorf("%d flips within the tolerance", r.Flips)
	}
}

func TestKnativePanicsAndComesBackAtOnce(t *testing.T) {
	racetest.Long(t)
	r := run(t, peers.Knative(0.7), steps{2.1, 10.5, 2.1}, 3)
	if got := dynos(r, 30, 59, 63); got[0] < 10 || got[1] < 14 || got[1] > 18 || got[2] > 6 {
		t.Errorf("got %v dynos, want 10 or more within a minute, about 15, and 6 or less three minutes after the load has gone", got)
	}
}

func TestAWSWaitsThreeMinutesToGoUpAndFifteenToComeDown(t *testing.T) {
	racetest.Computes(t)
	r := run(t, peers.AWS(0.8*50*60), steps{2.3, 6.3, 2.3}, 3)
	got := dynos(r, 29, 31, 34, 59, 73, 79)
	if want := []int{3, 3, 8, 8, 8, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v dynos, want %v", got, want)
	}
}

func TestHerokuGoesByOneDynoAMinute(t *testing.T) {
	racetest.Computes(t)
	r := run(t, peers.Heroku(700*time.Millisecond), steps{2.3, 6.3, 2.3}, 3)
	for i := 1; i < len(r.Minutes); i++ {
		if d := r.Minutes[i].Dynos - r.Minutes[i-1].Dynos; d < -1 || d > 1 {
			t.Errorf("minute %d goes from %d to %d dynos", i, r.Minutes[i-1].Dynos, r.Minutes[i].Dynos)
		}
	}
	if got := dynos(r, 45, 89); got[0] < 7 || got[1] > 5 {
		t.Errorf("got %v dynos, want 7 or more and then 5 or less", got)
	}
}

func TestThoseWhoStepByOneGoUpAndDown(t *testing.T) {
	racetest.Long(t)
	for _, c := range []struct {
		driver   sim.Driver
		up, down int // minimum after 15 minutes of load, and maximum in the half an hour after it
	}{
		{peers.HireFire(100*time.Millisecond, 10*time.Millisecond), 7, 6},
		{peers.Judoscale(100*time.Millisecond, 10*time.Millisecond), 8, 20},
		{peers.AppAutoscaler(250*time.Millisecond, 130*time.Millisecond), 7, 4},
	} {
		r := run(t, c.driver, steps{2.3, 6.3, 2.3}, 3)
		high, low := r.Minutes[45].Dynos, r.Minutes[45].Dynos
		for _, m := range r.Minutes[60:] {
			low = min(low, m.Dynos)
		}
		if high < c.up || low > c.down || low >= high {
			t.Errorf("%s: got %d dynos and then %d, want at least %d and then at most %d", c.driver.Name, high, low, c.up, c.down)
		}
	}
}

func TestEveryPeerHasANameAndRunsAgainTheSame(t *testing.T) {
	racetest.Long(t)
	shape, err := sim.ShapeOf("flash")
	if err != nil {
		t.Fatal(err)
	}
	o := sim.Options{Demand: shape, Peak: 3, Length: 90 * time.Minute, Seed: 1}
	var names []string
	for i, d := range peers.All(sim.DefaultFleet()) {
		names = append(names, d.Name)
		first, err := sim.Run(t.Context(), o, peers.All(sim.DefaultFleet())[i])
		if err != nil {
			t.Fatal(err)
		}
		again, err := sim.Run(t.Context(), o, d)
		if err != nil {
			t.Fatal(err)
		}
		if first.Ups != again.Ups || first.DynoHours != again.DynoHours || first.Policy != d.Name || first.Ups == 0 || first.Downs == 0 {
			t.Errorf("%s: %d ups, %d downs and %g dyno-hours, then %d ups and %g dyno-hours", first.Policy,
				first.Ups, first.Downs, first.DynoHours, again.Ups, again.DynoHours)
		}
	}
	if want := []string{
		"hpa-70", "hpa-80", "knative-70", "aws-target-tracking", "heroku", "hirefire", "judoscale",
		"app-autoscaler-1000-200", "app-autoscaler-250-130",
	}; !slices.Equal(names, want) {
		t.Errorf("the peers are %v, want %v", names, want)
	}
}
