package logcache

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// An answer is what Log Cache says to a read, as github.com/cloudfoundry/log-cache-release/blob/main/src/README.md has it: envelopes of
// Loggregator's API, version 2, in the JSON form of protocol buffers. It is read by hand, as the official client would make the program
// 6 MB larger.
type answer struct {
	Envelopes *struct {
		Batch []envelope `json:"batch"`
	} `json:"envelopes"`
}

// An envelope is one thing that was told. What is not read of it is left out: other kinds, and what a log line says.
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

// An integer is of 64 bits, which the JSON form of protocol buffers writes as a string.
type integer int64

// UnmarshalJSON reads a string or a number.
func (i *integer) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if string(b) == "null" {
		return nil
	}
	*i = integer(n)
	return err
}

// A number may be a string, as NaN and the infinities are.
type number float64

// UnmarshalJSON reads a string or a number.
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

// finite gives the number, if it is one.
func (n number) finite() (float64, bool) {
	f := float64(n)
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// decode reads the envelopes of an answer.
func decode(body []byte) ([]envelope, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil || a.Envelopes == nil {
		return nil, failure.Bad("answer is not one of Log Cache: is the URL that of its API?")
	}
	return a.Envelopes.Batch, nil
}

// of says whether an envelope is about the process type, as far as it tells.
func (e *envelope) of(processType string) bool {
	t, tells := e.Tags["process_type"]
	return !tells || t == processType
}
