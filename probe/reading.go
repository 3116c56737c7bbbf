// Package probe takes readings of an app: what a visitor would have felt just now.
//
// It knows what a [Reading] is, what a [Prober] is, and one prober, the HTTP [Heartbeat]. Other signals live in
// packages of their own below this one.
package probe

import (
	"context"
	"encoding/json"
	"time"
)

// A Prober takes one reading. A failure is a Reading too, never an error: whether an unanswered heartbeat means load or
// a wrong address is for the decision to judge.
//
// Probe returns when ctx ends at the latest. It is called twice at once by [Samples] only.
type Prober interface {
	Probe(ctx context.Context) Reading
}

// An Outcome says how a probe ended.
type Outcome string

const (
	// Answered: a 2xx answer came whole, or as much of it as the prober wanted to read.
	Answered Outcome = "answered"
	// Timeout: the answer did not come, or did not end, within the deadline, though there was a connection to the app.
	Timeout Outcome = "timeout"
	// ConnectTimeout: the deadline passed while a connection to the app was opened, its TLS handshake went on, or its
	// HTTP/2 server allowed no stream. The app was not asked anything, so it says nothing about load.
	ConnectTimeout Outcome = "connect timeout"
	// ServerError: the answer's status was a 5xx that may come of load.
	ServerError Outcome = "server error"
	// ClientError: the answer's status was 4xx, which says that the question was wrong, not that the app is loaded.
	ClientError Outcome = "client error"
	// Unreachable: no answer, or none to its end, because of DNS, a proxy, a refused, reset or closed connection, or
	// TLS.
	Unreachable Outcome = "unreachable"
	// BadAnswer: something came back that is no usable answer: not HTTP, a redirect that is not followed, a page other
	// than the one expected, a 5xx that says nothing about load, no queue time where it is what is measured.
	BadAnswer Outcome = "bad answer"
	// Overloaded: the answer's status was one that the heartbeat is told to take for a sign of load.
	Overloaded Outcome = "overloaded"
	// Maintenance: the heartbeat failed while the platform answers in the place of the app, which is in maintenance
	// mode.
	Maintenance Outcome = "maintenance"
)

// HeartbeatSignal is the Signal of a heartbeat.
const HeartbeatSignal = "heartbeat"

const (
	// UnitSteps is the Unit of a wish of the app's own: the Value is 1 for more dynos, -1 for fewer and 0 for as many
	// as there are.
	UnitSteps = "steps"
	// UnitDynos is the Unit of such a wish in numbers: the Value is how many dynos the app wants in all.
	UnitDynos = "dynos"
)

// A Reading is what one probe saw. It marshals to JSON and back without loss down to a microsecond.
type Reading struct {
	// Signal names what was measured: HeartbeatSignal, or the name of another signal.
	Signal string `json:"signal"`
	// Time is when the probe began.
	Time time.Time `json:"time"`
	// Value is the measurement, in Unit. For a heartbeat that was Answered it is what Measure says, in milliseconds;
	// for one that failed, the time until it did, whatever the Measure.
	Value float64 `json:"value"`
	// Unit is the unit of Value: "ms".
	Unit string `json:"unit"`
	// Measure says what of a heartbeat is measured; "" means MeasureTotal.
	Measure Measure `json:"measure,omitempty"`
	// Outcome says how the probe ended. Value is a measurement of the app only when it is Answered.
	Outcome Outcome `json:"outcome"`
	// Status is the HTTP status of the final answer, 0 when there was none.
	Status int `json:"status,omitempty"`
	// Phases says where the time went.
	Phases Phases `json:"phases,omitzero"`
	// Redirects counts the redirects that were followed.
	Redirects int `json:"redirects,omitempty"`
	// URL is where the redirects ended, without user and query; "" where none was followed.
	URL string `json:"url,omitempty"`
	// Error says in words why the outcome is not Answered. It holds no secret and no query string.
	Error string `json:"error,omitempty"`
	// Hint is what can be done about it, "" where that is not known.
	Hint string `json:"hint,omitempty"`
}

// Phases are the parts of a heartbeat's time, each summed over the redirects that were followed. They tell all of it
// whatever the Reading's Measure: the total time is DNS + Connect + TLS + Processing, and Transfer comes after it. One
// that failed ended in some phase, so that its Value is the sum of all five.
type Phases struct {
	// DNS is the time to look the host up; 0 for an address.
	DNS time.Duration
	// Connect is the time to open the connection: by TCP and, where there is a proxy, until that has opened its own.
	Connect time.Duration
	// TLS is the time of the handshake; 0 for plain HTTP.
	TLS time.Duration
	// Processing is from a connection that is ready to the first byte of the body: the app's own time, and its queue's.
	Processing time.Duration
	// Transfer is from the first byte of the final answer's body to the last one read.
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

// to the microsecond
func ms(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

func duration(ms float64) time.Duration {
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Microsecond)
}

// IsHeartbeat says whether the reading is of a heartbeat.
func (r Reading) IsHeartbeat() bool { return r.Signal == HeartbeatSignal }
