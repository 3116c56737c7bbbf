package metrics

import (
	"math"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// The metrics have their Prometheus names, so that one dashboard works for both.
func export(all prometheus.Gatherer, by about, started, now time.Time) proto.Message {
	families, _ := all.Gather() // what was gathered is worth sending
	at := moment{start: nano(started), now: nano(now)}
	var out []*metricspb.Metric
	for _, f := range families {
		if e := at.export(f); e != nil {
			out = append(out, e)
		}
	}
	return by.metrics(out)
}

// in nanoseconds since 1970; start is the start of the counting
type moment struct{ start, now uint64 }

// It is nil for an unknown kind.
func (at moment) export(f *dto.MetricFamily) *metricspb.Metric {
	e := &metricspb.Metric{Name: f.GetName(), Description: f.GetHelp(), Unit: unit(f.GetName())}
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		e.Data = &metricspb.Metric_Sum{Sum: &metricspb.Sum{
			AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE,
			IsMonotonic:            true,
			DataPoints: at.numbers(f, at.start,
				func(m *dto.Metric) float64 { return m.GetCounter().GetValue() }),
		}}
	case dto.MetricType_GAUGE:
		e.Data = &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{
			DataPoints: at.numbers(f, 0, func(m *dto.Metric) float64 { return m.GetGauge().GetValue() }),
		}}
	case dto.MetricType_HISTOGRAM:
		h := &metricspb.Histogram{
			AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE,
		}
		for _, m := range f.GetMetric() {
			h.DataPoints = append(h.DataPoints, at.histogram(m))
		}
		e.Data = &metricspb.Metric_Histogram{Histogram: h}
	case dto.MetricType_SUMMARY:
		s := &metricspb.Summary{}
		for _, m := range f.GetMetric() {
			s.DataPoints = append(s.DataPoints, at.summary(m))
		}
		e.Data = &metricspb.Metric_Summary{Summary: s}
	default:
		return nil
	}
	return e
}

func (at moment) numbers(
	f *dto.MetricFamily, start uint64, value func(*dto.Metric) float64,
) []*metricspb.NumberDataPoint {
	var out []*metricspb.NumberDataPoint
	for _, m := range f.GetMetric() {
		out = append(out, &metricspb.NumberDataPoint{
			Attributes: attributes(m), StartTimeUnixNano: start, TimeUnixNano: at.now,
			Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: value(m)},
		})
	}
	return out
}

// A bucket of Prometheus includes all smaller ones. One of OTLP does not, and the last OTLP bucket has no upper bound.
func (at moment) histogram(m *dto.Metric) *metricspb.HistogramDataPoint {
	h := m.GetHistogram()
	p := &metricspb.HistogramDataPoint{
		Attributes: attributes(m), StartTimeUnixNano: at.start, TimeUnixNano: at.now,
		Count: h.GetSampleCount(), Sum: h.SampleSum,
	}
	below := uint64(0)
	for _, b := range h.GetBucket() {
		if math.IsInf(b.GetUpperBound(), 1) {
			continue
		}
		p.ExplicitBounds = append(p.ExplicitBounds, b.GetUpperBound())
		p.BucketCounts = append(p.BucketCounts, b.GetCumulativeCount()-below)
		below = b.GetCumulativeCount()
	}
	p.BucketCounts = append(p.BucketCounts, h.GetSampleCount()-below)
	return p
}

func (at moment) summary(m *dto.Metric) *metricspb.SummaryDataPoint {
	s := m.GetSummary()
	p := &metricspb.SummaryDataPoint{
		Attributes: attributes(m), StartTimeUnixNano: at.start, TimeUnixNano: at.now, Count: s.GetSampleCount(),
		Sum: s.GetSampleSum(),
	}
	for _, q := range s.GetQuantile() {
		p.QuantileValues = append(p.QuantileValues,
			&metricspb.SummaryDataPoint_ValueAtQuantile{Quantile: q.GetQuantile(), Value: q.GetValue()})
	}
	return p
}

func attributes(m *dto.Metric) []*commonpb.KeyValue {
	var out []*commonpb.KeyValue
	for _, l := range m.GetLabel() {
		out = append(out, text(l.GetName(), l.GetValue()))
	}
	return out
}

// The unit comes from the end of the name, in UCUM; "" for a count.
func unit(name string) string {
	switch name = strings.TrimSuffix(name, "_total"); {
	case strings.HasSuffix(name, "_seconds"):
		return "s"
	case strings.HasSuffix(name, "_bytes"):
		return "By"
	}
	return ""
}
