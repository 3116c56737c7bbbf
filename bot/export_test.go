package bot

import (
	"math"
	"reflect"
	"time"
)

// Applied is the state after a change that the platform accepted, as the tick makes it.
func Applied(st State, now time.Time, d Decision) State {
	st.asked(now, &d)
	st.scaled(now, d.From, d.To, d.by())
	st.Dynos = d.To
	return st
}

// SameNumbers says whether two adaptive policies aim at the same.
func SameNumbers(a, b *Adaptive) bool {
	x, y := reflect.ValueOf(a.numbers), reflect.ValueOf(b.numbers)
	for i := range x.NumField() {
		if math.Abs(x.Field(i).Float()-y.Field(i).Float()) > 1e-9 {
			return false
		}
	}
	return true
}

// AppliedSize is the state after a change of the size that the platform accepted, as the tick makes it.
func AppliedSize(p Policy, st State, now time.Time, d Decision) State {
	p.noteSize(&st, now, d.SizeFrom, d.SizeTo)
	st.Size = d.SizeTo
	st.resized(now)
	return st
}
