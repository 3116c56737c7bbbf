package metrics

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	collectortrace "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const maxAnswer = 64 << 10 // bytes

// It is used by one goroutine. The exporters of OpenTelemetry's SDK would link gRPC: 10 MB of program, and 9 MB of
// memory even without an export.
type sender struct {
	endpoint
	name   string // "traces" or "metrics"
	agent  string
	client *http.Client
	log    *slog.Logger
	down   bool // the newest attempt failed
}

func newSender(name string, to endpoint, o OTLPOptions) *sender {
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxResponseHeaderBytes = maxAnswer
		t.TLSClientConfig = to.tls
		o.Transport = t
	}
	return &sender{
		endpoint: to, name: name, agent: "autoscalebot/" + o.Metrics[0].o.Version, log: o.Log,
		// A redirect would send the headers, which may be secret, to another server.
		client: &http.Client{
			Transport:     o.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// The collector's answer; it is not used for a broken connection.
type failure struct {
	what  string
	again bool // the collector may accept it later
	after time.Duration
}

func (f *failure) Error() string { return f.what }

// After an error, retryAfter is the delay that the collector asks for, 0 if it asks for none. The first error in a row
// and its end are logged.
func (s *sender) send(ctx context.Context, m proto.Message) (retryAfter time.Duration, err error) {
	rejected, err := s.post(ctx, m)
	switch {
	case err == nil && s.down:
		s.log.Info("the collector accepts "+s.name+" again", "host", s.url.Host)
	case err != nil && !s.down && ctx.Err() == nil:
		s.log.Warn("the collector does not accept "+s.name, "host", s.url.Host, "error", err)
	}
	s.down = err != nil
	if rejected > 0 {
		s.log.Warn("the collector rejected some "+s.name, "host", s.url.Host, "rejected", rejected)
	}
	var f *failure
	if errors.As(err, &f) {
		retryAfter = f.after
	}
	return retryAfter, err
}

// rejected is the number of the message's parts that the collector rejected.
func (s *sender) post(ctx context.Context, m proto.Message) (rejected int64, err error) {
	body, err := s.body(m)
	if err != nil {
		return 0, &failure{what: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url.String(), bytes.NewReader(body))
	if err != nil {
		return 0, bare(err)
	}
	req.Header = s.header.Clone()
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", s.agent)
	if s.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0, bare(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode/100 != 2 {
		return 0, &failure{
			fmt.Sprintf("the collector answered %d %s", res.StatusCode, http.StatusText(res.StatusCode)),
			mayTakeLater(res.StatusCode),
			retryAfter(res.Header.Get("Retry-After")),
		}
	}
	if err != nil {
		return 0, fmt.Errorf("read the collector's answer: %w", err)
	}
	return rejectedIn(answer), nil
}

func (s *sender) body(m proto.Message) ([]byte, error) {
	plain, err := proto.Marshal(m)
	if err != nil || !s.gzip {
		return plain, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(plain)
	err = errors.Join(err, z.Close()) // Close writes the rest
	return b.Bytes(), err
}

// The URL may contain a secret.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// By the specification of OTLP/HTTP.
func mayTakeLater(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// The header is in seconds; anything else is 0.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 1e6))*time.Second, longestRetryAfter)
}

// Parts of traces and of metrics count alike. An answer that cannot be parsed rejects nothing.
func rejectedIn(answer []byte) int64 {
	var r collectortrace.ExportTraceServiceResponse
	if proto.Unmarshal(answer, &r) != nil {
		return 0
	}
	return r.GetPartialSuccess().GetRejectedSpans()
}
