// Package probe measures an app from outside. It defines [Reading], [Prober] and one prober, the HTTP [Heartbeat].
// Other signals are packages of their own below this one.
package probe

import (
	"context"
	"encoding/json"
	"time"
)

// A Prober takes one reading. A failure is a Reading too, never an error: the decision judges whether an unanswered
// heartbeat means load or a wrong address.
//
// Probe returns no later than ctx ends. Only [Samples] calls it concurrently.
type Prober interface {
	Probe(ctx context.Context) Reading
}

// An Outcome is how a probe ended.
type Outcome string

const (
	// Answered: an accepted answer came whole, or as much of it as the prober reads.
	Answered Outcome = "answered"
	// Timeout: the app was connected, and its answer did not come or did not end before the deadline.
	Timeout Outcome = "timeout"
	// ConnectTimeout: the deadline passed during the connect or the TLS handshake, or while the HTTP/2 server allowed
	// no stream. The app received no request, so this does not indicate load.
	ConnectTimeout Outcome = "connect timeout"
	// ServerError: the status was a 5xx that load can cause.
	ServerError Outcome = "server error"
	// ClientError: the status was 4xx: the request was wrong. This does not indicate load.
	ClientError Outcome = "client error"
	// Unreachable: DNS, a proxy, a refused, reset or closed connection, or TLS kept the answer from coming whole.
	Unreachable Outcome = "unreachable"
	// BadAnswer: the answer was unusable: not HTTP, a redirect that is not followed, an unexpected page, a 5xx that
	// load does not cause, or no queue time although that is the measure.
	BadAnswer Outcome = "bad answer"
	// Overloaded: the status was one that the settings count as load.
	Overloaded Outcome = "overloaded"
	// Maintenance: the heartbeat failed while the app is in maintenance mode, so the platform answers for it.
	Maintenance Outcome = "maintenance"
)

// HeartbeatSignal is the Signal of a heartbeat.
const HeartbeatSignal = "heartbeat"

const (
	// UnitSteps is the Unit of a direction that the app asks for: Value is 1 to scale up, -1 to scale down, 0 for no
	// change.
	UnitSteps = "steps"
	// UnitDynos is the Unit of a number that the app asks for: Value is the desired number of dynos.
	UnitDynos = "dynos"
)

// A Reading is the result of one probe. It survives JSON without loss, down to a microsecond.
type Reading struct {
	// Signal names what was measured: HeartbeatSignal, or another signal's name.
	Signal string `json:"signal"`
	// Time is when the probe began.
	Time time.Time `json:"time"`
	// Value is the measurement, in Unit. For an Answered heartbeat it is what Measure selects, in milliseconds. For a
	// failed heartbeat it is the time until the failure, whatever the Measure.
	Value float64 `json:"value"`
	// Unit is the unit of Value, such as "ms".
	Unit string `json:"unit"`
	// Work is the number of jobs that wait or are in progress, if the reading is of a job runner's queues; otherwise 0.
	Work float64 `json:"work,omitempty"`
	// Measure is what a heartbeat measures; "" means MeasureTotal.
	Measure Measure `json:"measure,omitempty"`
	// Outcome is how the probe ended. Value measures the app only if it is Answered.
	Outcome Outcome `json:"outcome"`
	// Status is the HTTP status of the final answer, 0 without an answer.
	Status int `json:"status,omitempty"`
	// Phases is where the time went.
	Phases Phases `json:"phases,omitzero"`
	// Redirects is the number of redirects followed.
	Redirects int `json:"redirects,omitempty"`
	// URL is where the redirects ended, without user and query; "" without redirects.
	URL string `json:"url,omitempty"`
	// Error says why the outcome is not Answered. It holds no secret and no query string.
	Error string `json:"error,omitempty"`
	// Hint is a sentence that says how to fix it, or "".
	Hint string `json:"hint,omitempty"`
}

// Phases are the parts of a heartbeat's time, each summed over the redirects followed. They do not depend on the
// Measure. The total time is DNS + Connect + TLS + Processing; Transfer comes after it. The Value of a failed heartbeat
// is the sum of all five.
type Phases struct {
	// DNS is the time to look up the host; 0 for an address.
	DNS time.Duration
	// Connect is the time to open the TCP connection. With a proxy it includes the proxy's own connection.
	Connect time.Duration
	// TLS is the time of the handshake; 0 for plain HTTP.
	TLS time.Duration
	// Processing is the time from a ready connection to the first byte of the body: the app's own time and its queue.
	Processing time.Duration
	// Transfer is the time from the first byte of the final answer's body to the last byte read.
	Transfer time.Duration
}

// Total is the time to the first byte of the final answer's body.
func (p Phases) Total() time.Duration { return p.DNS + p.Connect + p.TLS + p.Processing }

type phasesJSON struct {
	DNS        float64 `json:"dns_ms"`
	Connect    float64 `json:"connect_ms"`
	TLS        float64 `json:"tls_ms"`
	Processing float64 `json:"processing_ms"`
	Transfer   float64 `json:"transfer_ms"`
}

// MarshalJSON writes the phases in milliseconds, as dns_ms, connect_ms, tls_ms, processing_ms and transfer_ms.
func (p Phases) MarshalJSON() ([]byte, error) {
	return json.Marshal(phasesJSON{ms(p.DNS), ms(p.Connect), ms(p.TLS), ms(p.Processing), ms(p.Transfer)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Phases) UnmarshalJSON(b []byte) error {
	var j phasesJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*p = Phases{duration(j.DNS), duration(j.Connect), duration(j.TLS), duration(j.Processing), duration(j.Transfer)}
	return nil
}

func ms(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

func duration(ms float64) time.Duration {
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Microsecond)
}

// IsHeartbeat reports whether the reading is of a heartbeat.
func (r Reading) IsHeartbeat() bool { return r.Signal == HeartbeatSignal }
