package chart

import (
	"math"
	"strconv"
	"strings"
)

// A value of this size is missing, so that differences of values stay finite.
const beyond = 1e300

func present(v float64, log bool) bool {
	return math.Abs(v) < beyond && (!log || v > 1/beyond) // false for NaN
}

// Converts values to pixels of one axis.
type scale struct {
	low, high float64
	log       bool
	ticks     []tick
}

type tick struct {
	value float64
	label string
}

// The position of v between the ends of the axis: 0 to 1, or outside of that.
func (s scale) share(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(v)
	}
	// Any position far outside will do, and this one is finite.
	return max(-1e4, min(1e4, (v-low)/(high-low)))
}

type extent struct {
	low, high float64
	// fractions: some values are not whole.
	some, fractions bool
}

func (e *extent) add(v float64, log bool) {
	if !present(v, log) {
		return
	}
	if !e.some {
		e.low, e.high, e.some = v, v, true
	}
	e.low, e.high = min(e.low, v), max(e.high, v)
	e.fractions = e.fractions || v != math.Trunc(v)
}

// There are at most most ticks. The ends are from and to if to is above from.
func newScale(e extent, from, to float64, log bool, most int) scale {
	fixed := to > from && present(from, log) && present(to, log)
	s := scale{low: from, high: to, log: log}
	if log {
		s.spanLog(e, fixed, most)
		return s
	}
	if !fixed {
		s.low, s.high = min(0, e.low), max(0, e.high)
	}
	// The length of an axis must be distinguishable from zero at the size of its numbers.
	if size := max(math.Abs(s.low), math.Abs(s.high)); s.high-s.low <= max(size*1e-9, 1e-290) {
		s.high = s.low + max(size*1e-9, 1)
	}
	step := niceStep((s.high - s.low) / float64(max(most-1, 1)))
	if !e.fractions {
		step = max(step, 1)
	}
	first, last := math.Ceil(s.low/step-1e-9), math.Floor(s.high/step+1e-9)
	if !fixed {
		first, last = math.Floor(s.low/step+1e-9), math.Ceil(s.high/step-1e-9)
		if last == first {
			last++
		}
		s.low, s.high = first*step, last*step
	}
	for i := first; i <= last; i++ {
		s.ticks = append(s.ticks, tick{i * step, number(i*step, step, max(math.Abs(s.low), math.Abs(s.high)))})
	}
	return s
}

func (s *scale) spanLog(e extent, fixed bool, most int) {
	if !fixed {
		s.low, s.high = 1, 10
		if e.some {
			s.low, s.high = e.low, e.high
		}
		s.low, s.high = roundLog(s.low, math.Floor), roundLog(s.high, math.Ceil)
		if s.low >= s.high {
			s.low, s.high = s.low/10, s.high*10
		}
	}
	low, high := math.Floor(math.Log10(s.low)), math.Ceil(math.Log10(s.high))
	every := math.Ceil((high - low) / float64(max(most, 1)))
	for decade := low; decade <= high; decade += every {
		for _, digit := range [...]float64{1, 2, 5} {
			v := digit * math.Pow(10, decade)
			if v < s.low*(1-1e-9) || v > s.high*(1+1e-9) ||
				(digit > 1 && 3*math.Log10(s.high/s.low) > float64(most+1)) {
				continue
			}
			s.ticks = append(s.ticks, tick{v, number(v, v, v)})
		}
	}
}

// To 1, 2 or 5 times a power of ten, up or down as round does.
func roundLog(v float64, round func(float64) float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(v)))
	best := decade
	for _, digit := range [...]float64{2, 5, 10} {
		if round(1.5) == 1 && digit*decade <= v || round(1.5) == 2 && best < v*(1-1e-12) {
			best = digit * decade
		}
	}
	return best
}

// The smallest of 1, 2 and 5 times a power of ten that is not below atLeast.
func niceStep(atLeast float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(atLeast)))
	for _, digit := range [...]float64{1, 2, 5} {
		if digit*decade >= atLeast*(1-1e-9) {
			return digit * decade
		}
	}
	return 10 * decade
}

// With the precision of step, in units of the axis' largest value: 1,500 · 1.5M · 0.05.
func number(v, step, largest float64) string {
	if v == 0 {
		return "0"
	}
	if largest >= 1e15 || largest < 1e-6 || step < 1e-9 {
		return strings.Replace(strconv.FormatFloat(v, 'g', 4, 64), "-", "−", 1)
	}
	suffix := ""
	for _, unit := range [...]struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if largest >= unit.size {
			v, step, suffix = v/unit.size, step/unit.size, unit.name
			break
		}
	}
	decimals := int(max(0, -math.Floor(math.Log10(step)+1e-9)))
	text := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if v < 0 {
		whole = "−" + whole
	}
	return whole + suffix
}

// With three significant digits.
func figure(v float64) string {
	if v == 0 {
		return "0"
	}
	size := math.Pow(10, math.Floor(math.Log10(math.Abs(v))))
	step := size / 100
	if v == math.Trunc(v) {
		step = max(step, 1)
	}
	text := number(v, step, math.Abs(v))
	if whole, fraction, ok := strings.Cut(text, "."); ok && !strings.ContainsAny(text, "eTGM") {
		if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
			return whole
		}
		return whole + "." + fraction
	}
	return text
}
