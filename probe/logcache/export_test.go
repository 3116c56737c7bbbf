package logcache

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

type Envelope = envelope

func Decode(body []byte) ([]Envelope, error) { return decode(body) }

// ProbeAt takes a reading of the window before now, from answers of perPage envelopes instead of 1,000.
func ProbeAt(ctx context.Context, p probe.Prober, now time.Time, perPage int) probe.Reading {
	return p.(prober).at(ctx, now, perPage)
}
