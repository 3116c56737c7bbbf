package metrics

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The defaults of OpenTelemetry's specification.
const (
	defaultEndpoint = "http://localhost:4318"
	defaultTimeout  = 10 * time.Second
	defaultTraces   = 5 * time.Second // OTEL_BSP_SCHEDULE_DELAY
	defaultMetrics  = time.Minute     // OTEL_METRIC_EXPORT_INTERVAL
	defaultService  = "autoscalebot"
)

const base = "OTEL_EXPORTER_OTLP_"

// WantsOTLP reports whether the environment asks for an export: with an endpoint, for one signal or both, or with an
// exporter for one. env returns a variable, "" if it is not set. OTEL_SDK_DISABLED=true disables all exports.
func WantsOTLP(env func(name string) string) bool {
	return wants(env, "TRACES") || wants(env, "METRICS")
}

func wants(env func(string) string, signal string) bool {
	exporter := env("OTEL_" + signal + "_EXPORTER")
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") || exporter == "none" {
		return false
	}
	return cmp.Or(exporter, env(base+signal+"_ENDPOINT"), env(base+"ENDPOINT")) != ""
}

type otlpConfig struct {
	traces, metrics *endpoint // nil for a signal that is not sent
	service         string
	attributes      map[string]string
}

type endpoint struct {
	url     *url.URL
	header  http.Header
	timeout time.Duration
	every   time.Duration
	gzip    bool
	tls     *tls.Config
}

type reader struct {
	env      func(string) string
	problems []error
}

// An error that concerns both signals is listed once.
func (r *reader) wrong(name, format string, a ...any) {
	problem := name + " " + fmt.Sprintf(format, a...)
	if !slices.ContainsFunc(r.problems, func(p error) bool { return p.Error() == problem }) {
		r.problems = append(r.problems, errors.New(problem))
	}
}

func readOTLP(env func(string) string) (otlpConfig, error) {
	r := &reader{env: env}
	c := otlpConfig{service: defaultService, attributes: r.list("OTEL_RESOURCE_ATTRIBUTES")}
	c.service = cmp.Or(env("OTEL_SERVICE_NAME"), c.attributes["service.name"], defaultService)
	delete(c.attributes, "service.name")
	if wants(env, "TRACES") {
		c.traces = r.endpoint("TRACES", r.milliseconds("OTEL_BSP_SCHEDULE_DELAY", defaultTraces))
	}
	if wants(env, "METRICS") {
		c.metrics = r.endpoint("METRICS", r.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", defaultMetrics))
	}
	return c, errors.Join(r.problems...)
}

// The signal's own variable comes first.
func (r *reader) either(signal, what string) (name, value string) {
	name = base + signal + "_" + what
	if value = r.env(name); value == "" {
		name = base + what
		value = r.env(name)
	}
	return name, value
}

func (r *reader) endpoint(signal string, every time.Duration) *endpoint {
	e := &endpoint{every: every, url: r.url(signal), header: http.Header{}, tls: r.tls(signal)}
	if exporter := "OTEL_" + signal + "_EXPORTER"; r.env(exporter) != "" && r.env(exporter) != "otlp" {
		r.wrong(exporter, "is %q: must be otlp or none. Prometheus does not need it to read /metrics", r.env(exporter))
	}
	if name, value := r.either(signal, "PROTOCOL"); value != "" && value != "http/protobuf" {
		r.wrong(name, "is %q: must be http/protobuf, for which collectors listen on port 4318", value)
	}
	switch name, value := r.either(signal, "COMPRESSION"); value {
	case "", "none":
	case "gzip":
		e.gzip = true
	default:
		r.wrong(name, "is %q: must be gzip or none", value)
	}
	name, _ := r.either(signal, "TIMEOUT")
	e.timeout = r.milliseconds(name, defaultTimeout)
	name, _ = r.either(signal, "HEADERS")
	for key, value := range r.list(name) {
		if !isToken(key) || strings.ContainsFunc(value, isControl) {
			r.wrong(name, "has an invalid header: a name must be letters, digits and hyphens, and a value one line")
			continue
		}
		e.header.Set(key, value)
	}
	return e
}

// An address for one signal is used unchanged.
func (r *reader) url(signal string) *url.URL {
	name, value := r.either(signal, "ENDPOINT")
	u, err := url.Parse(strings.TrimSpace(cmp.Or(value, defaultEndpoint)))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		r.wrong(name, "is invalid: must be an address such as %s", defaultEndpoint)
		return nil
	}
	if name == base+"ENDPOINT" {
		u = u.JoinPath("v1", strings.ToLower(signal))
	}
	return u
}

// It must be a whole number above 0.
func (r *reader) milliseconds(name string, otherwise time.Duration) time.Duration {
	value := r.env(name)
	if value == "" {
		return otherwise
	}
	ms, err := strconv.ParseUint(value, 10, 31)
	if err != nil || ms == 0 {
		r.wrong(name, "is %q: must be a whole number of milliseconds above 0, such as %d", value,
			otherwise.Milliseconds())
		return otherwise
	}
	return time.Duration(ms) * time.Millisecond
}

// The form is a=1,b=2. Values may be percent-encoded, and may be secret.
func (r *reader) list(name string) map[string]string {
	out, err := parseList(r.env(name))
	if err != nil {
		r.wrong(name, "%v", err)
	}
	return out
}

// The error does not contain text.
func parseList(text string) (map[string]string, error) {
	out := map[string]string{}
	for i, entry := range strings.Split(text, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		key, value, ok := strings.Cut(entry, "=")
		key = strings.TrimSpace(key)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || key == "" || err != nil {
			return nil, fmt.Errorf("is invalid at entry %d: must be a list such as a=1,b=2 with "+
				"percent-encoded values", i+1)
		}
		out[key] = value
	}
	return out, nil
}

// It is nil without certificates.
func (r *reader) tls(signal string) *tls.Config {
	caName, ca := r.either(signal, "CERTIFICATE")
	certName, cert := r.either(signal, "CLIENT_CERTIFICATE")
	_, key := r.either(signal, "CLIENT_KEY")
	if ca == "" && cert == "" && key == "" {
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		c.RootCAs = x509.NewCertPool()
		if pem, err := os.ReadFile(ca); err != nil {
			r.wrong(caName, "cannot be read: %v", err)
		} else if !c.RootCAs.AppendCertsFromPEM(pem) {
			r.wrong(caName, "is %q: the file must contain a certificate in PEM", ca)
		}
	}
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			r.wrong(certName, "and the client's key are not a valid pair: %v", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c
}

func (c otlpConfig) resource(version string) about {
	attributes := maps.Clone(c.attributes)
	attributes["service.name"] = c.service
	if attributes["service.version"] == "" {
		attributes["service.version"] = version
	}
	return newAbout(attributes, version)
}

// The name of a header, by RFC 9110.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
