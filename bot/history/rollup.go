package history

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Nanoseconds.
const (
	minute     = int64(time.Minute)
	tenMinutes = 10 * minute
	hour       = int64(time.Hour)
)

// The steps of the stored points.
var keptSteps = [...]int64{minute, tenMinutes, hour}

// Buckets of every step count from 1970-01-01T00:00:00Z.
func floor(at, step int64) int64 { return at - at%step }

type tally struct {
	at     int64 // beginning of the bucket
	newest int64 // time of its newest heartbeat

	heartbeats, slow, fast, noData, ups, downs int64

	most        float64 // the longest response time
	low, high   float64
	dynos       int64
	dynoSeconds float64
	// seconds is the time that dynoSeconds covers, and maxDynoSeconds is the maximum times these seconds.
	seconds, maxDynoSeconds float64
	min, max                int64
	times                   sketch
}

func newTally(at int64) *tally { return &tally{at: at, most: -1, dynos: -1} }

// r must be newer than the heartbeats before.
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

// It does not merge the response times. The newest heartbeat determines the dynos, thresholds and limits.
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

// An unknown number of dynos keeps the one before.
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

// It is exact for a single heartbeat.
func (t *tally) quantile(q float64) float64 {
	if t.times.n == 1 {
		return t.most
	}
	return min(t.most, t.times.quantile(q))
}
