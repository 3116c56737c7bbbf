package history

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// in nanoseconds
const (
	minute     = int64(time.Minute)
	tenMinutes = 10 * minute
	hour       = int64(time.Hour)
)

// of the points that are kept
var keptSteps = [...]int64{minute, tenMinutes, hour}

// Buckets of every step count from 1970-01-01T00:00:00Z.
func floor(at, step int64) int64 { return at - at%step }

// It sums up the heartbeats of one bucket.
type tally struct {
	at     int64 // when the bucket begins
	newest int64 // when the newest heartbeat in it was

	heartbeats, slow, fast, noData, ups, downs int64

	most        float64 // the longest response time
	low, high   float64
	dynos       int64
	dynoSeconds float64
	// seconds are those of dynoSeconds, and maxDynoSeconds is what the maximum of the time would have come to in them.
	seconds, maxDynoSeconds float64
	min, max                int64
	times                   sketch
}

func newTally(at int64) *tally { return &tally{at: at, most: -1, dynos: -1} }

// The heartbeat is newer than those before.
func (t *tally) add(r *row) {
	t.heartbeats++
	switch r.verdict {
	case string(decide.Slow):
		t.slow++
	case string(decide.Fast):
		t.fast++
	case string(decide.NoData):
		t.noData++
	}
	t.ups += r.ups
	t.downs += r.downs
	if r.response >= 0 {
		t.times.add(r.response)
		t.most = max(t.most, r.response)
	}
	t.dynoSeconds += r.dynoSeconds
	t.seconds += r.seconds
	t.maxDynoSeconds += float64(r.maximum) * r.seconds
	t.last(r.at, r.low, r.high, r.dynos, r.minimum, r.maximum)
}

// It leaves out the response times of the other. What the newest of both says stays.
func (t *tally) merge(o *tally) {
	t.heartbeats += o.heartbeats
	t.slow += o.slow
	t.fast += o.fast
	t.noData += o.noData
	t.ups += o.ups
	t.downs += o.downs
	t.most = max(t.most, o.most)
	t.dynoSeconds += o.dynoSeconds
	t.seconds += o.seconds
	t.maxDynoSeconds += o.maxDynoSeconds
	if o.newest >= t.newest {
		t.last(o.newest, o.low, o.high, o.dynos, o.min, o.max)
	}
}

// A number of dynos that was not told leaves the one before.
func (t *tally) last(at int64, low, high float64, dynos, minimum, maximum int64) {
	t.newest, t.low, t.high, t.min, t.max = at, low, high, minimum, maximum
	if dynos >= 0 {
		t.dynos = dynos
	}
}

func (t *tally) point() Point {
	return Point{
		Time: time.Unix(0, t.at).UTC(), Heartbeats: int(t.heartbeats), Slow: int(t.slow), Fast: int(t.fast),
		NoData:     int(t.noData),
		Unanswered: max(0, int(t.heartbeats)-int(t.times.n)),
		MedianMS:   t.quantile(0.5), P95MS: t.quantile(0.95), MaxMS: t.most, LowMS: t.low, HighMS: t.high,
		Dynos: int(t.dynos), DynoSeconds: t.dynoSeconds,
		Seconds: t.seconds, MaxDynoSeconds: t.maxDynoSeconds, Min: int(t.min), Max: int(t.max), Ups: int(t.ups),
		Downs: int(t.downs),
	}
}

// Of one heartbeat alone it is exact.
func (t *tally) quantile(q float64) float64 {
	if t.times.n == 1 {
		return t.most
	}
	return min(t.most, t.times.quantile(q))
}
