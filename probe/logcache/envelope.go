package logcache

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// The format is in github.com/cloudfoundry/log-cache-release/blob/main/src/README.md: envelopes of Loggregator's API,
// version 2, in the JSON form of protocol buffers. The official client would make the program 6 MB larger.
type answer struct {
	Envelopes *struct {
		Batch []envelope `json:"batch"`
	} `json:"envelopes"`
}

// Other kinds of envelopes, and the text of log lines, are omitted.
type envelope struct {
	Timestamp integer           `json:"timestamp"` // nanoseconds since 1970
	Instance  string            `json:"instance_id"`
	Tags      map[string]string `json:"tags"`
	Gauge     *struct {
		Metrics map[string]struct {
			Unit  string `json:"unit"`
			Value number `json:"value"`
		} `json:"metrics"`
	} `json:"gauge"`
	Timer *struct {
		Name  string  `json:"name"`
		Start integer `json:"start"`
		Stop  integer `json:"stop"`
	} `json:"timer"`
}

// A 64-bit integer, which the JSON form of protocol buffers writes as a string.
type integer int64

func (i *integer) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if string(b) == "null" {
		return nil
	}
	*i = integer(n)
	return err
}

// It may be a string, as for NaN and the infinities.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if errors.Is(err, strconv.ErrRange) {
		f, err = math.Inf(1), nil
	}
	*n = number(f)
	return err
}

func (n number) finite() (float64, bool) {
	f := float64(n)
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

func decode(body []byte) ([]envelope, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil || a.Envelopes == nil {
		return nil, failure.Bad("the answer is not Log Cache's: check that the URL is its API's")
	}
	return a.Envelopes.Batch, nil
}

// Also true if the envelope does not name its process type.
func (e *envelope) of(processType string) bool {
	t, tells := e.Tags["process_type"]
	return !tells || t == processType
}
