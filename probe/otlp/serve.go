package otlp

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	maxBody = 4 << 20 // bytes, unpacked: thousands of points

	typeProtobuf, typeJSON = "application/x-protobuf", "application/json"
)

// Exporters repeat a post after 429, 502, 503 or 504, and drop it after any other error.
type refusal struct {
	status int
	why    string
}

// ServeHTTP accepts a post of metrics with OTLP, as protobuf or JSON, optionally compressed with gzip. It answers
//   - 200 with an empty ExportMetricsServiceResponse if the post is accepted, even if no prober uses it;
//   - 405 if it is not a POST, 401 if its token is wrong, 415 if it is of another type or compressed otherwise, 413 if
//     it has more than 4 MiB, 400 if it is invalid;
//   - 503 if it did not come whole, so that it is repeated.
//
// The server's timeouts limit the time of a post.
func (d *Drain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, no := d.serve(w, r)
	if no == nil {
		w.Header().Set("Content-Type", kind)
		if kind == typeJSON {
			_, _ = io.WriteString(w, "{}")
		}
		return
	}
	d.mu.Lock()
	d.complain(time.Now(), "a post was refused", "status", no.status, "because", no.why)
	d.mu.Unlock()
	switch no.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="telemetry drain"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	http.Error(w, no.why, no.status)
}

func (d *Drain) serve(w http.ResponseWriter, r *http.Request) (string, *refusal) {
	if r.Method != http.MethodPost {
		return "", &refusal{http.StatusMethodNotAllowed, "post metrics here with OTLP"}
	}
	if !d.guard.Knows(r) {
		return "", &refusal{http.StatusUnauthorized, "wrong token: send it as Authorization: Bearer TOKEN"}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != typeProtobuf && kind != typeJSON {
		return "", &refusal{
			http.StatusUnsupportedMediaType,
			"the content type must be " + typeProtobuf + " or " + typeJSON,
		}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return "", tooLarge()
	}
	if err != nil {
		return "", &refusal{http.StatusServiceUnavailable, "the body is incomplete"}
	}
	// One at a time, because a decoded body takes many times its size.
	d.turn <- struct{}{}
	defer func() { <-d.turn }()
	body, no := unpack(r.Header.Get("Content-Encoding"), raw)
	if no != nil {
		return "", no
	}
	data, err := decode(kind, body)
	if err != nil {
		return "", &refusal{http.StatusBadRequest, "the body is not valid OTLP"}
	}
	d.take(time.Now(), data)
	return kind, nil
}

func tooLarge() *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", maxBody)}
}

func unpack(encoding string, raw []byte) ([]byte, *refusal) {
	switch encoding {
	case "", "identity":
		return raw, nil
	case "gzip":
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, "the content must be compressed with gzip, or not at all"}
	}
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "the body is not compressed with gzip"}
	}
	body, err := io.ReadAll(io.LimitReader(packed, maxBody+1))
	switch {
	case len(body) > maxBody:
		return nil, tooLarge()
	case err != nil:
		return nil, &refusal{http.StatusBadRequest, "the body is not compressed with gzip"}
	}
	return body, nil
}

// On the wire, MetricsData equals ExportMetricsServiceRequest, whose package would pull in gRPC.
func decode(kind string, body []byte) (*metricspb.MetricsData, error) {
	data := &metricspb.MetricsData{}
	if kind == typeJSON {
		return data, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, data)
	}
	return data, proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, data)
}
