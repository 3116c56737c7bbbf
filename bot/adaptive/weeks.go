package adaptive

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// A slot is a quarter of an hour, by UTC.
	slot      = 15 * time.Minute
	slotsADay = int64(24 * time.Hour / slot)
	slotsKept = int(4 * 7 * slotsADay)
	// A byte holds up to mostFlatly dynos exactly. Beyond them each step is flatlyStep of the logarithm.
	mostFlatly = 60
	flatlyStep = 0.05
	// Of the daysAsked days before, or weeksAsked weeks, this many must be known.
	daysAsked, daysNeeded   = 7, 5
	weeksAsked, weeksNeeded = 4, 3
	// A forecast is for the time at which a dyno requested now has booted, plus predictAhead.
	predictAhead = 2 * time.Minute
	// Forecasts count while the trust in them is at least trustEnough. Each forecast of a rise moves the trust by
	// trustStep, towards 1 if at least rightShare of it was needed, else towards 0.
	trustAtFirst, trustEnough, trustStep, rightShare = 0.5, 0.4, 0.1, 0.75
	// A forecast alone adds at most half of what was needed lately, or one dyno.
	predictedShare = 0.5
)

// Weeks holds the dynos needed in the last four weeks, by quarters of an hour. It is a plain value that survives as
// JSON in about 4 kB, and is never changed in place.
type Weeks struct {
	// Slot is the present quarter of an hour since 1970. Sum and N are the sum and the number of the needs of its
	// ticks.
	Slot int64   `json:"slot"`
	Sum  float64 `json:"sum"`
	N    int     `json:"n"`
	// Past is the mean need of the slots before it, the newest last, in a byte each; 0 if not known.
	Past []byte `json:"past,omitempty"`
	// Predicted is the forecast for the present slot, 0 without one. Before is the need of the slot before.
	Predicted int     `json:"predicted,omitempty"`
	Before    float64 `json:"before,omitempty"`
	// Trust is the share of recent forecasts of a rise that were right.
	Trust float64 `json:"trust"`
}

// Expected is what the same hour of former days or weeks needed.
type Expected struct {
	// Dynos is the second-lowest need of the Times former days or weeks. Low and High are the lowest and the highest.
	Dynos int `json:"dynos"`
	Times int `json:"times"`
	Low   int `json:"low"`
	High  int `json:"high"`
	// Weekday is their day of the week, "" for consecutive days.
	Weekday string `json:"weekday,omitempty"`
	// Kept is the number of dynos that is kept for it.
	Kept int `json:"kept"`
}

// String describes it in one clause, for reasons of decisions.
func (e *Expected) String() string {
	when := "days"
	if e.Weekday != "" {
		when = e.Weekday + "s"
	}
	return fmt.Sprintf("%d are kept because this hour of the last %d %s needed %d (%d–%d)", e.Kept, e.Times, when,
		e.Dynos, e.Low, e.High)
}

// Note returns the weeks with need dynos at now. A time before the newest is ignored. Nil Weeks know nothing.
func (w *Weeks) Note(now time.Time, need float64) *Weeks {
	number := slotOf(now)
	if w == nil || !w.sound() || number-w.Slot > int64(slotsKept) {
		return &Weeks{Slot: number, Sum: need, N: 1, Trust: trustAtFirst}
	}
	next := *w
	switch gap := number - w.Slot; {
	case gap < 0:
		return w
	case gap > 0:
		next.end(int(gap))
	}
	next.Sum += need
	next.N++
	return &next
}

// Ends the present slot and begins the one gap slots later.
func (w *Weeks) end(gap int) {
	mean := w.mean()
	if w.Predicted > 0 && float64(w.Predicted) > math.Ceil(w.Before) {
		right := 0.0
		if mean >= rightShare*float64(w.Predicted) {
			right = 1
		}
		w.Trust += trustStep * (right - w.Trust)
	}
	past := append(slices.Clone(w.Past), pack(mean))
	past = append(past, make([]byte, gap-1)...)
	w.Past = past[max(0, len(past)-slotsKept):]
	w.Slot += int64(gap)
	w.Sum, w.N, w.Before, w.Predicted = 0, 0, mean, 0
	if e := w.predict(w.Slot); e != nil {
		w.Predicted = e.Dynos
	}
}

func (w *Weeks) mean() float64 { return w.Sum / float64(max(1, w.N)) }

func (w *Weeks) sound() bool {
	return len(w.Past) <= slotsKept && w.N >= 0 && w.Sum >= 0 && w.Trust >= 0 && w.Trust <= 1 &&
		w.Predicted >= 0 && w.Before >= 0
}

func slotOf(t time.Time) int64 { return t.Unix() / int64(slot/time.Second) }

func pack(need float64) byte {
	if need <= mostFlatly {
		return byte(max(1, math.Round(need)))
	}
	return byte(min(255, mostFlatly+math.Round(math.Log(need/mostFlatly)/flatlyStep)))
}

func unpack(b byte) int {
	if b <= mostFlatly {
		return int(b)
	}
	return int(math.Round(mostFlatly * math.Exp(flatlyStep*float64(b-mostFlatly))))
}

// The second-lowest need of the same slot in former weeks, or on the days before; nil if too few of them are known.
func (w *Weeks) predict(number int64) *Expected {
	days, weeks := w.same(number, slotsADay, daysAsked, daysNeeded),
		w.same(number, 7*slotsADay, weeksAsked, weeksNeeded)
	if weeks != nil {
		weeks.Weekday = time.Unix(number*int64(slot/time.Second), 0).UTC().Weekday().String()
	}
	if days == nil || weeks != nil && weeks.Dynos >= days.Dynos {
		return weeks
	}
	return days
}

// The slots at 1 to asked times apart before the given one.
func (w *Weeks) same(number, apart int64, asked, needed int) *Expected {
	all := make([]int, 0, daysAsked)
	for k := 1; k <= asked; k++ {
		if i := len(w.Past) - int(w.Slot-number+int64(k)*apart); i >= 0 && i < len(w.Past) && w.Past[i] > 0 {
			all = append(all, unpack(w.Past[i]))
		}
	}
	if len(all) < needed {
		return nil
	}
	slices.Sort(all)
	return &Expected{Dynos: all[1], Times: len(all), Low: all[0], High: all[len(all)-1]}
}

// Adds this tick's need, and raises the desired number to what the same hour of former days or weeks needed. It never
// lowers it:
//
//	kept = min(e, l + max(1, predictedShare·l), 2N+2)
//
//	e  dynos needed then
//	l  dynos needed lately
//	N  dynos there are
func (w *Weeks) expect(t *Tick, a *Answer) *Weeks {
	n, need := t.Dynos, a.Estimate.Need
	w = w.Note(t.Now, float64(need))
	e := w.predict(slotOf(t.Now.Add(t.boot() + predictAhead)))
	if e == nil || w.Trust < trustEnough {
		return w
	}
	lately := max(need, a.Estimate.Most)
	e.Kept = min(e.Dynos, lately+max(1, int(predictedShare*float64(lately))), 2*n+2)
	switch {
	case e.Kept < a.Dynos || e.Kept <= lately || e.Kept > n && t.NoData:
		return w
	case e.Kept > n:
		a.Reason = MoreLoad
	case a.Dynos < n && e.Kept == n:
		a.Reason = Enough
	}
	a.Dynos, a.Estimate.Expected = e.Kept, e
	return w
}
