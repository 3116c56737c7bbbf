package prometheus

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A Combine makes one value of several: their sum, mean or maximum.
type Combine string

const (
	Sum  Combine = "sum"
	Mean Combine = "mean"
	Max  Combine = "max"
)

const maxReason = 200 // bytes of the server's words

// prometheus.io/docs/prometheus/latest/querying/api; the official client would make the program 6 MB larger.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	// Warnings are PromQL's annotations, and reasons why a part of the storage did not answer.
	Warnings json.RawMessage `json:"warnings"`
	// IsPartial is VictoriaMetrics's mark of an answer that lacks the data of some nodes.
	IsPartial json.RawMessage `json:"isPartial"`
	Data      struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// A series has a value or a native histogram.
type series struct {
	Value     *sample         `json:"value"`
	Histogram json.RawMessage `json:"histogram"`
}

// In JSON, a list of a time in seconds and a number in a string.
type sample float64

// NaN and the infinities are accepted here.
func (s *sample) UnmarshalJSON(b []byte) error {
	var pair []any
	if err := json.Unmarshal(b, &pair); err != nil || len(pair) != 2 {
		return errors.New("a sample must be a pair")
	}
	text, ok := pair[1].(string)
	if !ok {
		return errors.New("a sample's value must be a string")
	}
	f, err := strconv.ParseFloat(text, 64)
	*s = sample(f)
	return err
}

func (p *Prober) read(body []byte) (float64, error) {
	var a answer
	switch err := json.Unmarshal(body, &a); {
	// Prometheus sends another status with it, but some proxies send 200.
	case err == nil && a.Status == "error" && p.words(a.Error) != "":
		return 0, failure.Bad("the answer is an error: %s", p.words(a.Error))
	case err != nil || a.Status != "success":
		return 0, failure.Bad("the answer is not Prometheus's: check that the URL is its API's")
	}
	if why := p.incomplete(a); why != "" {
		return 0, failure.Bad("the answer is incomplete: %s", why)
	}
	var values []float64
	switch a.Data.Type {
	case "scalar":
		var s *sample
		if err := json.Unmarshal(a.Data.Result, &s); err != nil || s == nil {
			return 0, failure.Bad("the answer has an invalid scalar")
		}
		values = []float64{float64(*s)}
	case "vector":
		all, err := readVector(a.Data.Result)
		if err != nil {
			return 0, err
		}
		values = all
	case "matrix":
		return 0, failure.Bad("the query gives a range of values: remove the [ ] at its end, or use a function " +
			"such as avg_over_time")
	default:
		return 0, failure.Bad("the query gives a %.20q: must be a scalar or a vector", a.Data.Type)
	}
	return p.combined(values)
}

func readVector(raw []byte) ([]float64, error) {
	var all []series
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, failure.Bad("the answer has an invalid vector")
	}
	values := make([]float64, len(all))
	for i, s := range all {
		if s.Histogram != nil {
			return nil, failure.Bad("the query gives a histogram: use a function such as histogram_quantile " +
				"or histogram_count")
		}
		if s.Value == nil {
			return nil, failure.Bad("the answer has an invalid vector")
		}
		values[i] = float64(*s.Value)
	}
	return values, nil
}

func (p *Prober) combined(values []float64) (float64, error) {
	switch {
	case len(values) == 0:
		return 0, failure.Bad("the query finds no series: nothing was scraped lately, or a name is wrong (if this " +
			"means 0, append: or vector(0))")
	case len(values) > 1 && p.combine == "":
		return 0, failure.Bad("the query gives %d series: use sum( ) or max( ), or set combine",
			len(values))
	}
	sum, most := 0.0, math.Inf(-1)
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, failure.Bad("the query gives %v: perhaps it divides by 0", v)
		}
		sum, most = sum+v, max(most, v)
	}
	value := sum
	switch p.combine {
	case Mean:
		value = sum / float64(len(values))
	case Max:
		value = most
	}
	if math.IsInf(value, 0) {
		return 0, failure.Bad("the %s of %d series is out of range", p.combine, len(values))
	}
	return value, nil
}

// A reason that holds a secret is left out.
func (p *Prober) withReason(err error, body []byte) error {
	var f failure.Failure
	var a answer
	if !errors.As(err, &f) || json.Unmarshal(body, &a) != nil || a.Status != "error" || a.Error == "" {
		return err
	}
	reason := p.words(a.Error)
	if reason == "" {
		return err
	}
	f.Text += ": " + reason
	return f
}

// PromQL's warnings about a query do not mean that data is missing (prometheus/util/annotations).
var annotation = regexp.MustCompile(`^PromQL (warning|info)\b|^\d+ more (warning|info) annotations omitted$`)

// Only PromQL's own warnings are harmless. All others are about the storage: a remote one, a store of Thanos or a shard
// did not answer, so the answer is only part of the truth.
func (p *Prober) incomplete(a answer) string {
	if partial := string(a.IsPartial); partial != "" && partial != "false" && partial != "null" {
		return "a part of the storage did not answer (isPartial)"
	}
	var warnings []string
	if len(a.Warnings) > 0 && json.Unmarshal(a.Warnings, &warnings) != nil {
		return "it has invalid warnings"
	}
	for _, w := range warnings {
		if !annotation.MatchString(w) {
			return cmp.Or(p.words(w), "it has a warning")
		}
	}
	return ""
}

// A text that holds a secret is left out.
func (p *Prober) words(said string) string {
	for _, s := range p.secrets {
		if s != "" && strings.Contains(said, s) {
			return ""
		}
	}
	if len(said) > maxReason {
		said = said[:maxReason] + "…"
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == unicode.ReplacementChar {
			return ' '
		}
		return c
	}, said)
}
