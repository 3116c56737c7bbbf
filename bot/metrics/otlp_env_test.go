package metrics_test

import (
	"bytes"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/bot/metrics"
)

func TestExportIsAskedForByTheStandardVariables(t *testing.T) {
	for env, want := range map[string]bool{
		"":                                     false,
		"OTEL_SERVICE_NAME=bot":                false,
		"OTEL_EXPORTER_OTLP_HEADERS=a=b":       false,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c": true,
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c":                                                          true,
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c":                                                         true,
		"OTEL_TRACES_EXPORTER=otlp":                                                                            true,
		"OTEL_METRICS_EXPORTER=none":                                                                           false,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_SDK_DISABLED=True":                                          false,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_SDK_DISABLED=no":                                            true,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_METRICS_EXPORTER=none":                                      true,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_METRICS_EXPORTER=none OTEL_TRACES_EXPORTER=none":            false,
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c OTEL_METRICS_EXPORTER=none OTEL_EXPORTER_OTLP_TIMEOUT=1": false,
	} {
		if got := metrics.WantsOTLP(environ(strings.Fields(env)...)); got != want {
			t.Errorf("%q asks for an export: %v, want %v", env, got, want)
		}
	}
}

func TestEachSignalHasItsAddress(t *testing.T) {
	for env, want := range map[string][]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318":                                               {"http://c:4318/v1/traces", "http://c:4318/v1/metrics"},
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://c/a/":                                                {"https://c/a/v1/traces", "https://c/a/v1/metrics"},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c/my/traces":                                   {"http://c/my/traces"},
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://d/traces": {"http://d/traces", "http://c/v1/metrics"},
		"OTEL_TRACES_EXPORTER=otlp":                                                               {"http://localhost:4318/v1/traces"},
	} {
		c := &collector{t: t}
		m := metrics.New(options())
		e := start(t, m, io.Discard, c, strings.Fields(env)...)
		keep(t, e, scaled())
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		got := map[string]bool{}
		for _, r := range c.requests {
			got[r.URL.String()] = true
		}
		for _, u := range want {
			if !got[u] || len(got) != len(want) {
				t.Errorf("%s: requests to %v, want %v", env, got, want)
			}
		}
	}
}

func TestASignalsOwnVariablesComeFirst(t *testing.T) {
	c := &collector{t: t}
	e := start(t, metrics.New(options()), io.Discard, c, "OTEL_EXPORTER_OTLP_ENDPOINT=http://c", "OTEL_EXPORTER_OTLP_HEADERS=key=all",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS=key=traces", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=gzip")
	keep(t, e, scaled())
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for _, r := range c.requests {
		key, encoding := "all", ""
		if strings.HasSuffix(r.URL.Path, "traces") {
			key, encoding = "traces", "gzip"
		}
		if r.Header.Get("Key") != key || r.Header.Get("Content-Encoding") != encoding {
			t.Errorf("%s: %v", r.URL.Path, r.Header)
		}
	}
}

func TestWrongVariablesAreAllTold(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for env, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318":         "OTEL_EXPORTER_OTLP_ENDPOINT is invalid: must be an address such as http://localhost:4318",
		"OTEL_EXPORTER_OTLP_ENDPOINT=ftp://collector":        "OTEL_EXPORTER_OTLP_ENDPOINT is invalid: must be an address such as http://localhost:4318",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://user:secret@%zz": "OTEL_EXPORTER_OTLP_ENDPOINT is invalid: must be an address such as http://localhost:4318",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://":                "OTEL_EXPORTER_OTLP_ENDPOINT is invalid: must be an address such as http://localhost:4318",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc": `OTEL_EXPORTER_OTLP_PROTOCOL is "grpc": must be http/protobuf, for which collectors ` +
			`listen on port 4318`,
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json": `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "http/json": must be http/protobuf, ` +
			`for which collectors listen on port 4318`,
		"OTEL_EXPORTER_OTLP_COMPRESSION=zstd":   `OTEL_EXPORTER_OTLP_COMPRESSION is "zstd": must be gzip or none`,
		"OTEL_EXPORTER_OTLP_TIMEOUT=10s":        `OTEL_EXPORTER_OTLP_TIMEOUT is "10s": must be a whole number of milliseconds above 0, such as 10000`,
		"OTEL_EXPORTER_OTLP_TIMEOUT=0":          `OTEL_EXPORTER_OTLP_TIMEOUT is "0": must be a whole number of milliseconds above 0, such as 10000`,
		"OTEL_METRIC_EXPORT_INTERVAL=-1":        `OTEL_METRIC_EXPORT_INTERVAL is "-1": must be a whole number of milliseconds above 0, such as 60000`,
		"OTEL_BSP_SCHEDULE_DELAY=x":             `OTEL_BSP_SCHEDULE_DELAY is "x": must be a whole number of milliseconds above 0, such as 5000`,
		"OTEL_EXPORTER_OTLP_HEADERS=a=1,secret": "OTEL_EXPORTER_OTLP_HEADERS is invalid at entry 2: must be a list such as a=1,b=2 with percent-encoded values",
		"OTEL_EXPORTER_OTLP_HEADERS=a=secret%0a": "OTEL_EXPORTER_OTLP_HEADERS has an invalid header: a name must be letters, digits and " +
			"hyphens, and a value one line",
		"OTEL_EXPORTER_OTLP_HEADERS=sec:ret=1": "OTEL_EXPORTER_OTLP_HEADERS has an invalid header: a name must be letters, digits and " +
			"hyphens, and a value one line",
		"OTEL_RESOURCE_ATTRIBUTES==secret":        "OTEL_RESOURCE_ATTRIBUTES is invalid at entry 1: must be a list such as a=1,b=2 with percent-encoded values",
		"OTEL_TRACES_EXPORTER=zipkin":             `OTEL_TRACES_EXPORTER is "zipkin": must be otlp or none. Prometheus does not need it to read /metrics`,
		"OTEL_EXPORTER_OTLP_CERTIFICATE=" + empty: `OTEL_EXPORTER_OTLP_CERTIFICATE is "` + empty + `": the file must contain a certificate in PEM`,
		"OTEL_EXPORTER_OTLP_CERTIFICATE=/no/such": "OTEL_EXPORTER_OTLP_CERTIFICATE cannot be read: open /no/such: no such file or directory",
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/no/such": "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and the client's key are not a valid pair: " +
			"open /no/such: no such file or directory",
	} {
		pairs := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c", env}
		_, err := metrics.NewOTLP(metrics.OTLPOptions{Metrics: []*metrics.Metrics{metrics.New(options())}, Env: environ(pairs...)})
		if err == nil || !strings.Contains(err.Error()+"\n", want+"\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v\nwant: %s", env, err, want)
		}
	}
	_, err := metrics.NewOTLP(metrics.OTLPOptions{
		Metrics: []*metrics.Metrics{metrics.New(options())},
		Env:     environ("OTEL_EXPORTER_OTLP_ENDPOINT=c", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_BSP_SCHEDULE_DELAY=0"),
	})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three mistakes: %v", err)
	}
}

func TestTheVariablesAreDocumented(t *testing.T) {
	docs, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	documented, read := map[string]bool{}, map[string]bool{}
	for _, name := range regexp.MustCompile(`OTEL_[A-Z_]+`).FindAllString(string(docs), -1) {
		documented[ofBothSignals.Replace(name)] = true
	}
	e, err := metrics.NewOTLP(metrics.OTLPOptions{
		Metrics: []*metrics.Metrics{metrics.New(options())}, Transport: &collector{t: t},
		Env: func(name string) string {
			read[ofBothSignals.Replace(name)] = true
			return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}[name]
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if !maps.Equal(documented, read) {
		t.Errorf("documented are %v, and read are %v", slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(read)))
	}
}

var ofBothSignals = strings.NewReplacer("_OTLP_TRACES_", "_OTLP_", "_OTLP_METRICS_", "_OTLP_")

func TestACollectorWithACertificateOfItsOwn(t *testing.T) {
	c := &collector{t: t}
	server := httptest.NewTLSServer(c)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"OTEL_EXPORTER_OTLP_CERTIFICATE=" + file, "OTEL_EXPORTER_OTLP_CERTIFICATE="} {
		var log bytes.Buffer
		e := start(t, metrics.New(options()), &log, nil, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+server.URL+"/traces", env)
		keep(t, e, scaled())
		err := e.Shutdown(t.Context())
		if known := !strings.HasSuffix(env, "="); known != (err == nil) {
			t.Errorf("%s: %v", env, err)
		}
	}
	if c.count() != 1 {
		t.Errorf("%d exports, want 1", c.count())
	}
}

// No value makes the program panic. An error never shows a value that may be secret. What is accepted can be sent.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"", "a=1,b=2", "api-key=a%20b", "a=%zz", "=", ",,", "a=b=c", "a=\r\nb=c", "Host=x", "a=\xff"} {
		f.Add(s)
	}
	m := metrics.New(options())
	f.Fuzz(func(t *testing.T, s string) {
		c := &collector{t: t}
		e, err := metrics.NewOTLP(metrics.OTLPOptions{
			Metrics: []*metrics.Metrics{m}, Transport: checking{c},
			Env: environ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c/traces", "OTEL_EXPORTER_OTLP_HEADERS="+s, "OTEL_RESOURCE_ATTRIBUTES="+s),
		})
		if err != nil {
			return
		}
		keep(t, e, scaled())
		if err := e.Shutdown(t.Context()); err != nil {
			t.Errorf("%q was accepted, and then: %v", s, err)
		}
		for _, a := range c.traces[0].ResourceSpans[0].Resource.Attributes {
			if !utf8.ValidString(a.GetKey() + a.GetValue().GetStringValue()) {
				t.Errorf("attribute %v", a)
			}
		}
	})
}

type checking struct{ next http.RoundTripper }

func (c checking) RoundTrip(r *http.Request) (*http.Response, error) {
	var wire bytes.Buffer
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.Write(&wire); err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.next.RoundTrip(r)
}
