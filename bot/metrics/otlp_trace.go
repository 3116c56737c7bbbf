package metrics

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"time"

	collectormetrics "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

type about struct {
	resource *resourcepb.Resource
	scope    *commonpb.InstrumentationScope
}

func newAbout(attributes map[string]string, version string) about {
	r := &resourcepb.Resource{}
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		r.Attributes = append(r.Attributes, text(valid(key), attributes[key]))
	}
	return about{r, &commonpb.InstrumentationScope{Name: "github.com/autoscalebot/autoscalebot", Version: version}}
}

func (a about) traces(ticks []ticked) proto.Message {
	return &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: a.resource, ScopeSpans: []*tracepb.ScopeSpans{{Scope: a.scope, Spans: slices.Concat(ticks...)}},
	}}}
}

func (a about) metrics(m []*metricspb.Metric) proto.Message {
	return &collectormetrics.ExportMetricsServiceRequest{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource: a.resource, ScopeMetrics: []*metricspb.ScopeMetrics{{Scope: a.scope, Metrics: m}},
	}}}
}

// The spans of one tick.
type ticked []*tracepb.Span

// One span for the tick; below it one for each reading, with its phases, and one for the platform from the end of the
// last reading to the end of the tick.
func trace(r record.Record) ticked {
	id := random(16)
	end := r.Time.Add(time.Duration(r.DurationMS * float64(time.Millisecond)))
	tick := span(id, nil, "tick", r.Time, end)
	tick.Attributes = tickAttributes(r)
	if r.Action == record.Failed {
		tick.Status = failed(r.Error)
	}
	spans := ticked{tick}
	read := r.Time
	for _, hb := range r.Readings {
		of := probed(id, tick.SpanId, hb, end)
		spans = append(spans, of...)
		if t := time.Unix(0, int64(of[0].EndTimeUnixNano)); t.After(read) {
			read = t
		}
	}
	if r.Action == record.Interrupted {
		return spans
	}
	tick.Events = []*tracepb.Span_Event{{TimeUnixNano: nano(end), Name: "decided", Attributes: decisionAttributes(r)}}
	if r.Decision.Rule != decide.RuleOffline { // which does not ask the platform
		platform := span(id, tick.SpanId, "platform", read, end)
		platform.Kind, platform.Status = tracepb.Span_SPAN_KIND_CLIENT, tick.Status
		spans = append(spans, platform)
	}
	return spans
}

// The span ends at most with the tick. A reading with redirects has no spans for its phases, since each is a sum over
// several requests.
func probed(id, parent []byte, hb probe.Reading, end time.Time) ticked {
	took := time.Duration(hb.Value * float64(time.Millisecond))
	if hb.Outcome == probe.Answered {
		took = hb.Phases.Total() + hb.Phases.Transfer
	}
	if hb.Unit != "ms" {
		took = end.Sub(hb.Time)
	}
	until := hb.Time.Add(took)
	if until.After(end) {
		until = end
	}
	s := span(id, parent, "probe", hb.Time, until)
	s.Kind = tracepb.Span_SPAN_KIND_CLIENT
	s.Attributes = []*commonpb.KeyValue{
		text("autoscalebot.signal", hb.Signal), text("autoscalebot.outcome", string(hb.Outcome)),
		number("autoscalebot.value", hb.Value),
		text("autoscalebot.unit", hb.Unit),
	}
	if hb.Status > 0 {
		s.Attributes = append(s.Attributes, whole("http.response.status_code", hb.Status))
	}
	if hb.Outcome != probe.Answered {
		s.Status = failed(hb.Error)
	}
	spans := ticked{s}
	at := hb.Time
	for _, p := range phases(hb.Phases) {
		if p.took > 0 && hb.Redirects == 0 {
			spans = append(spans, span(id, s.SpanId, p.name, at, at.Add(p.took)))
			at = at.Add(p.took)
		}
	}
	return spans
}

func tickAttributes(r record.Record) []*commonpb.KeyValue {
	return []*commonpb.KeyValue{
		text("autoscalebot.app", r.App), text("autoscalebot.process_type", r.ProcessType),
		text("autoscalebot.action", label(r.Action)),
		whole("autoscalebot.dynos", r.Dynos), whole("autoscalebot.min_dynos", r.Limits.Min),
		whole("autoscalebot.max_dynos", r.Limits.Max),
	}
}

func decisionAttributes(r record.Record) []*commonpb.KeyValue {
	d := r.Decision
	out := []*commonpb.KeyValue{
		text("autoscalebot.rule", label(d.Rule)), text("autoscalebot.verdict", label(d.Verdict)),
		whole("autoscalebot.from", d.From),
		whole("autoscalebot.desired", d.Desired), whole("autoscalebot.to", d.To), text("autoscalebot.why", r.Why()),
	}
	for _, c := range d.Clamps {
		out = append(out, whole("autoscalebot.clamp."+label(c.By), c.To))
	}
	return out
}

func span(id, parent []byte, name string, from, to time.Time) *tracepb.Span {
	return &tracepb.Span{
		TraceId: id, SpanId: random(8), ParentSpanId: parent, Name: name, Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: nano(from), EndTimeUnixNano: nano(to),
	}
}

func failed(why string) *tracepb.Status {
	return &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: valid(why)}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func nano(t time.Time) uint64 { return uint64(max(0, t.UnixNano())) }

// Protobuf and Prometheus accept only valid UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{
		Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: valid(value)}},
	}
}

func whole(key string, value int) *commonpb.KeyValue {
	return &commonpb.KeyValue{
		Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(value)}},
	}
}

func number(key string, value float64) *commonpb.KeyValue {
	return &commonpb.KeyValue{
		Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: value}},
	}
}
