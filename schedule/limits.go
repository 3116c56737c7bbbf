package schedule

// Limits bound the number of dynos, both ends included.
type Limits struct {
	// Min is the minimum number of dynos, 0 or more.
	Min int `json:"min"`
	// Max is the maximum number of dynos, at least Min.
	Max int `json:"max"`
}

// Clamp returns the number nearest to n within the limits.
func (l Limits) Clamp(n int) int { return max(l.Min, min(n, l.Max)) }
