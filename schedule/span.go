package schedule

import "iter"

// In minutes of a day. to is excluded.
type span struct {
	from, to int
	Limits
}

// to is excluded.
func (t Table) days(from, to day) iter.Seq2[day, []span] {
	// The spans of a day depend only on these: the rows that count in each series, and the limits before.
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

// Neighbors differ. before is the limits at the end of the day before.
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

// Identifies the rows that count on day d; "" if none does.
func (s Series) signature(d day) string {
	var b []byte
	for i := range s.ruling(d, d.calendar()) {
		b = append(b, byte(i), byte(i>>8))
	}
	return string(b)
}
