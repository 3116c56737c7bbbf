package cloudfoundrytest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Envelope is one item in Log Cache: a Gauge, a Timer, or a log line if both are nil.
type Envelope struct {
	Time     time.Time
	Instance int
	// Gauge has values by name, as in {"cpu": 12.5, "memory": 1e8}. Unit is the unit of all of them; "" means the usual
	// unit of each name.
	Gauge map[string]float64
	Unit  string
	Timer *Timer
	// Tags are additional tags.
	Tags map[string]string
}

// A Timer is the time of a request.
type Timer struct {
	// Took is the duration, which ends at the envelope's Time.
	Took time.Duration
	// Peer is "Client" for the router's time with the app, and "Server" for the whole request, including the router's
	// own time.
	Peer   string
	Status int
}

// Limits of Log Cache's answers, in envelopes: the maximum and the default.
const most, usual = 1000, 100

// Emit adds envelopes of an app, in any order.
func (s *Server) Emit(name string, envelopes ...Envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	guid := s.mustApp(name).guid
	s.metrics[guid] = append(s.metrics[guid], envelopes...)
	slices.SortStableFunc(s.metrics[guid], func(a, b Envelope) int { return a.Time.Compare(b.Time) })
}

// EmitUsage adds what Cloud Foundry reports of the containers every 15 seconds before now: for each instance, from 0,
// its CPU in % and its memory in % of a quota of 512 MB; for each also 128 MB of disk of a quota of 1 GB, and twice its
// CPU as its CPU in % of its entitlement.
func (s *Server) EmitUsage(name string, now time.Time, over time.Duration, cpu, memory []float64) {
	var all []Envelope
	for at := now; at.After(now.Add(-over)); at = at.Add(-15 * time.Second) {
		for i := range cpu {
			all = append(all,
				Envelope{Time: at, Instance: i, Gauge: map[string]float64{
					"cpu": cpu[i], "memory": memory[i] / 100 * (512 << 20), "memory_quota": 512 << 20,
					"disk": 1 << 27, "disk_quota": 1 << 30,
				}},
				Envelope{Time: at, Instance: i, Gauge: map[string]float64{"cpu_entitlement": cpu[i] * 2}})
		}
	}
	s.Emit(name, all...)
}

func (s *Server) readMetrics(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.uaa.knows(r) {
		w.WriteHeader(http.StatusNotFound) // Log Cache's answer without access to the source
		return
	}
	q := r.URL.Query()
	number := func(name string, otherwise int64) int64 {
		if n, err := strconv.ParseInt(q.Get(name), 10, 64); err == nil {
			return n
		}
		return otherwise
	}
	from, to := number("start_time", 0), number("end_time", time.Now().Add(time.Hour).UnixNano())
	limit := number("limit", usual)
	named, err := regexp.Compile(q.Get("name_filter"))
	if err != nil || limit < 1 || limit > most || to <= from {
		send(w, http.StatusBadRequest, object{"error": "bad request", "code": 3, "message": "bad request"})
		return
	}
	var kept []object
	list := s.metrics[r.PathValue("source")]
	for i := range list {
		e := &list[i]
		if q.Get("descending") == "true" {
			e = &list[len(list)-1-i]
		}
		at := e.Time.UnixNano()
		if at < from || at >= to || int64(len(kept)) == limit || len(q["envelope_types"]) > 0 &&
			!slices.Contains(q["envelope_types"], e.kind()) || !e.named(named) {
			continue
		}
		kept = append(kept, e.resource(r.PathValue("source")))
	}
	send(w, http.StatusOK, object{"envelopes": object{"batch": append([]object{}, kept...)}})
}

func (e *Envelope) kind() string {
	switch {
	case e.Gauge != nil:
		return "GAUGE"
	case e.Timer != nil:
		return "TIMER"
	}
	return "LOG"
}

func (e *Envelope) named(by *regexp.Regexp) bool {
	switch {
	case by.String() == "":
		return true
	case e.Timer != nil:
		return by.MatchString("http")
	}
	for name := range e.Gauge {
		if by.MatchString(name) {
			return true
		}
	}
	return false
}

// 64-bit integers and bytes are strings, in the JSON form of protocol buffers.
func (e *Envelope) resource(source string) object {
	tags := object{"app_name": "my-app", "process_type": "web", "origin": "rep"}
	for k, v := range e.Tags {
		tags[k] = v
	}
	o := object{
		"timestamp": strconv.FormatInt(e.Time.UnixNano(), 10), "source_id": source,
		"instance_id":     strconv.Itoa(e.Instance),
		"deprecated_tags": object{}, "tags": tags,
	}
	switch {
	case e.Gauge != nil:
		metrics := object{}
		for name, v := range e.Gauge {
			metrics[name] = object{"unit": cmp.Or(e.Unit, unit(name)), "value": v}
		}
		o["gauge"] = object{"metrics": metrics}
	case e.Timer != nil:
		tags["peer_type"], tags["status_code"], tags["origin"] = e.Timer.Peer, strconv.Itoa(e.Timer.Status), "gorouter"
		tags["method"], tags["uri"] = "GET", "https://my-app.apps.example.com/"
		tags["request_id"] = fmt.Sprintf("%08x-0000-4000-8000-%012x", e.Instance, e.Time.UnixNano()&0xffffffffffff)
		o["timer"] = object{
			"name": "http", "start": strconv.FormatInt(e.Time.Add(-e.Timer.Took).UnixNano(), 10),
			"stop": strconv.FormatInt(e.Time.UnixNano(), 10),
		}
	default:
		o["log"] = object{"payload": "aGVsbG8=", "type": "OUT"}
	}
	return o
}

func unit(name string) string {
	if strings.HasPrefix(name, "cpu") {
		return "percentage"
	}
	return "bytes"
}
