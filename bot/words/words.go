// Package words formats times, and the words of a platform, for people.
package words

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Length formats d with its two largest units: "45 s", "1 min 5 s", "1 h 5 min", "2 d". From 10 minutes on it omits
// seconds. A negative d is "0 s".
func Length(d time.Duration) string {
	s := max(0, int(d.Seconds()))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 600:
		return two(s, 60, "min", 1, "s")
	case s < 3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 86400:
		return two(s, 3600, "h", 60, "min")
	}
	return two(s, 86400, "d", 3600, "h")
}

func two(s, large int, name string, small int, smaller string) string {
	if s%large/small == 0 {
		return fmt.Sprintf("%d %s", s/large, name)
	}
	return fmt.Sprintf("%d %s %d %s", s/large, name, s%large/small, smaller)
}

// Left formats the time left, in whole seconds below 2 minutes and in whole minutes above: "119 s", "3 min", "2 h 5
// min".
func Left(d time.Duration) string {
	d = max(0, time.Duration(math.Ceil(d.Seconds()))*time.Second)
	switch minutes := int(d.Round(time.Minute).Minutes()); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case minutes < 120:
		return fmt.Sprintf("%d min", minutes)
	default:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
}

// Millis formats a time in milliseconds: "4.2 ms", "534 ms", and from 10 seconds on "12.3 s".
func Millis(ms float64) string {
	switch {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 9999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
}

// Phase is [Millis] for a time.Duration.
func Phase(d time.Duration) string { return Millis(float64(d) / float64(time.Millisecond)) }
