package schedule

import "iter"

// In minutes of a day. to is not included.
type span struct {
	from, to int
	Limits
}

// to is not included.
func (t Table) days(from, to day) iter.Seq2[day, []span] {
	// A kind is all that the spans of a day depend on: the rows that rule it in each series, and what held before.
	type kind struct {
		min, max string
		before   Limits
	}
	return func(yield func(day, []span) bool) {
		known := map[kind][]span{}
		before := t.on(from-1, minutesPerDay-1)
		for d := from; d < to; d++ {
			k := kind{t.min.signature(d), t.max.signature(d), before}
			if known[k] == nil {
				known[k] = t.spans(d, before)
			}
			spans := known[k]
			if !yield(d, spans) {
				return
			}
			before = spans[len(spans)-1].Limits
		}
	}
}

// Neighbours differ. before is what held at the end of the day before.
func (t Table) spans(d day, before Limits) []span {
	minimum, maximum := t.min.only(d), t.max.only(d)
	var spans []span
	for m := 0; m < minutesPerDay; m = min(minimum.after(d, m+1), maximum.after(d, m+1)) {
		minimum.take(&before.Min, d, m)
		maximum.take(&before.Max, d, m)
		if last := len(spans) - 1; last >= 0 {
			if spans[last].Limits == before {
				continue
			}
			spans[last].to = m
		}
		spans = append(spans, span{m, minutesPerDay, before})
	}
	return spans
}

// It names the rows that rule day d, and is empty when none does.
func (s Series) signature(d day) string {
	var b []byte
	for i := range s.ruling(d, d.calendar()) {
		b = append(b, byte(i), byte(i>>8))
	}
	return string(b)
}
