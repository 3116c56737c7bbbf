package otlp

import (
	"hash/maphash"
	"math"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

type kind int

const (
	gauge      kind = iota // each is a value
	cumulative             // each is a count since the start
	delta                  // each is a count since the one before
)

type point struct {
	key, source uint64 // hashes of all its attributes, and of its resource's
	service     string // service.name
	from, at    time.Time
	kind        kind
	count       float64 // or a gauge's value
	sum         float64 // of the counted values
	failed      bool    // its status is 5xx
	buckets     []bucket
}

// OpenTelemetry's flag for a point without a value
const none = uint32(metricspb.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)

func (d *Drain) take(now time.Time, data *metricspb.MetricsData) {
	d.mu.Lock()
	defer d.mu.Unlock()
	full := false
	for _, r := range data.GetResourceMetrics() {
		resource := r.GetResource().GetAttributes()
		for _, scope := range r.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				for _, w := range d.watched {
					if w.query.Name != m.GetName() {
						continue
					}
					each(m, func(attributes []*commonpb.KeyValue, p point) {
						if !w.query.matches(attributes, resource) {
							return
						}
						p.source = d.hash(resource)
						p.key = p.source*31 + d.hash(attributes)*37 + maphash.String(d.seed, scope.GetScope().GetName())
						p.service, _ = find(resource, "service.name")
						p.failed = failed(attributes)
						full = !w.add(now, p, m.GetUnit()) || full
					})
				}
			}
		}
	}
	if full {
		d.complain(now, "there are too many series: select fewer by their attributes", "kept", mostSeries)
	}
}

func (d *Drain) hash(all []*commonpb.KeyValue) uint64 {
	var sum uint64
	for _, kv := range all {
		value := text(kv.GetValue())
		if value == "" && kv.GetValue() != nil {
			b, _ := proto.MarshalOptions{Deterministic: true}.Marshal(kv.GetValue())
			value = string(b)
		}
		sum += maphash.String(d.seed, kv.GetKey()+"\x00"+value)
	}
	return sum
}

func failed(all []*commonpb.KeyValue) bool {
	for _, key := range []string{"http.response.status_code", "http.status_code"} {
		if status, ok := find(all, key); ok {
			return len(status) == 3 && strings.HasPrefix(status, "5")
		}
	}
	return false
}

func each(m *metricspb.Metric, f func([]*commonpb.KeyValue, point)) {
	number := func(all []*metricspb.NumberDataPoint, k kind) {
		for _, p := range all {
			value := p.GetAsDouble()
			if v, ok := p.GetValue().(*metricspb.NumberDataPoint_AsInt); ok {
				value = float64(v.AsInt)
			}
			if p.GetFlags()&none == 0 && finite(value) && (k == gauge || value >= 0) {
				f(p.GetAttributes(), point{
					from: clock(p.GetStartTimeUnixNano()), at: clock(p.GetTimeUnixNano()),
					kind: k, count: value,
				})
			}
		}
	}
	switch m := m.GetData().(type) {
	case *metricspb.Metric_Gauge:
		number(m.Gauge.GetDataPoints(), gauge)
	case *metricspb.Metric_Sum:
		k, ok := temporality(m.Sum.GetAggregationTemporality())
		switch {
		case ok && m.Sum.GetIsMonotonic():
			number(m.Sum.GetDataPoints(), k)
		case ok && k == cumulative:
			number(m.Sum.GetDataPoints(), gauge) // it goes up and down, and each point is its value
		}
	case *metricspb.Metric_Histogram:
		k, ok := temporality(m.Histogram.GetAggregationTemporality())
		for _, p := range m.Histogram.GetDataPoints() {
			if buckets, fine := explicit(p, k); ok && fine && p.GetFlags()&none == 0 && finite(p.GetSum()) {
				f(p.GetAttributes(), point{
					from: clock(p.GetStartTimeUnixNano()), at: clock(p.GetTimeUnixNano()), kind: k,
					count: float64(p.GetCount()), sum: p.GetSum(),
					buckets: buckets,
				})
			}
		}
	case *metricspb.Metric_ExponentialHistogram:
		k, ok := temporality(m.ExponentialHistogram.GetAggregationTemporality())
		for _, p := range m.ExponentialHistogram.GetDataPoints() {
			if buckets, fine := exponential(p); ok && fine && p.GetFlags()&none == 0 && finite(p.GetSum()) {
				f(p.GetAttributes(), point{
					from: clock(p.GetStartTimeUnixNano()), at: clock(p.GetTimeUnixNano()), kind: k,
					count: float64(p.GetCount()), sum: p.GetSum(),
					buckets: buckets,
				})
			}
		}
	}
}

func temporality(t metricspb.AggregationTemporality) (kind, bool) {
	switch t {
	case metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE:
		return cumulative, true
	case metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA:
		return delta, true
	}
	return 0, false
}

func clock(nano uint64) time.Time {
	if nano == 0 || nano > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(nano))
}

// Sums of finite numbers stay finite.
func finite(f float64) bool { return math.Abs(f) <= 1e200 }
