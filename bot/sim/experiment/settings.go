package experiment

import "fmt"

// Settings returns the recorded settings as NAME=value.
func (r *Record) Settings() []string {
	d := r.Last.Decision
	out := []string{fmt.Sprintf("HEARTBEAT_INTERVAL_IN_SECONDS=%g", r.Interval().Seconds())}
	if d.MaxResponseMS > 0 && d.MinResponseMS <= d.MaxResponseMS {
		out = append(out, fmt.Sprintf("MAX_RESPONSE_TIME_IN_MS=%g", d.MaxResponseMS),
			fmt.Sprintf("MIN_RESPONSE_TIME_IN_MS=%g", max(0, d.MinResponseMS)))
	}
	if q := r.Fails; q.N > 0 {
		out = append(out, fmt.Sprintf("NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=%d/%d", min(q.N, 64), min(q.M, 64)))
	}
	if q := r.Passes; q.N > 0 {
		out = append(out, fmt.Sprintf("NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=%d/%d", min(q.N, 64), min(q.M, 64)))
	}
	return out
}
