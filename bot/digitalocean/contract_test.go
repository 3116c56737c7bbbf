package digitalocean_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Every call of the provider at least once, refused ones included.
func everything(t *testing.T) []digitaloceantest.Call {
	t.Helper()
	var calls []digitaloceantest.Call
	virtual(t, func(t *testing.T, srv *digitaloceantest.Server, o digitalocean.Options) {
		slow(srv)
		srv.AddSSHKey(289794, fingerprint)
		o.SSHKeys, o.VPC, o.UserData, o.Tags = []string{"289794", fingerprint}, vpc, "#!/bin/sh\n", []string{"firewall:web"}
		p := open(t, o)
		srv.Takes("create", 20*time.Second)
		s, err := p.Create(t.Context(), pool.Order{Name: "web-1"})
		must(t, err)
		list(t, p)
		time.Sleep(time.Minute)
		_, err = p.Snapshot(t.Context(), s.ID, "golden", quiet)
		must(t, err)
		must(t, p.Resize(t.Context(), s.ID, "s-2vcpu-2gb", quiet))
		for _, f := range []func() error{
			func() error { _, err := p.Images(t.Context()); return err },
			func() error { _, err := p.Sizes(t.Context()); return err },
			func() error { _, err := p.Describe(t.Context(), s.ID); return err },
		} {
			must(t, f())
		}
		for _, lb := range []digitaloceantest.LoadBalancer{{Name: "one"}, {Name: "two", Tag: "serving"}} {
			b, err := p.LoadBalancer(srv.AddLoadBalancer(lb))
			must(t, err)
			must(t, b.Add(t.Context(), s))
			members(t, b)
			must(t, b.Drain(t.Context(), pool.Member{ID: s.ID}))
		}
		for range 220 {
			srv.AddDroplet(digitaloceantest.Droplet{Name: "web-x", Status: "off", Tags: []string{"web"}, Private: true})
		}
		list(t, p)
		if _, err := p.Create(t.Context(), pool.Order{Name: "web-2", Size: "none"}); err == nil {
			t.Error("a refused order has no error")
		}
		must(t, p.Destroy(t.Context(), s.ID))
		must(t, p.Destroy(t.Context(), "1"))
		o.Token = "wrong"
		if _, err := open(t, o).List(t.Context()); err == nil {
			t.Error("a wrong token is accepted")
		}
		srv.SetRemaining(0, 20*time.Second)
		list(t, p)
		calls = srv.Calls()
	})
	if len(calls) < 40 {
		t.Fatalf("only %d calls were made", len(calls))
	}
	return calls
}

func TestTheFakeInventsNoField(t *testing.T) {
	for _, c := range everything(t) {
		if c.Answer == "" {
			continue
		}
		var answer struct {
			ID        string `json:"id"`
			Message   string `json:"message"`
			RequestID string `json:"request_id"`

			Droplet      *godo.Droplet      `json:"droplet"`
			Droplets     []godo.Droplet     `json:"droplets"`
			Action       *godo.Action       `json:"action"`
			Actions      []godo.Action      `json:"actions"`
			Images       []godo.Image       `json:"images"`
			Snapshots    []godo.Image       `json:"snapshots"`
			Sizes        []godo.Size        `json:"sizes"`
			Tag          *godo.Tag          `json:"tag"`
			LoadBalancer *godo.LoadBalancer `json:"load_balancer"`
			Links        *godo.Links        `json:"links"`
			Meta         *godo.Meta         `json:"meta"`
		}
		d := json.NewDecoder(strings.NewReader(c.Answer))
		d.DisallowUnknownFields()
		if err := d.Decode(&answer); err != nil {
			t.Errorf("the answer of %s %s: %v", c.Method, c.Path, err)
		}
	}
}

func specification(t *testing.T) string {
	t.Helper()
	path := os.Getenv("DIGITALOCEAN_OPENAPI")
	if path == "" {
		t.Skip("DIGITALOCEAN_OPENAPI does not name DigitalOcean's OpenAPI specification: `make bundle` in https://github.com/digitalocean/openapi " +
			"writes it to tests/openapi-bundled.yaml")
	}
	return path
}

func TestTheSpecificationHolds(t *testing.T) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile(specification(t))
	must(t, err)
	paths := openapi3.NewPaths()
	for path, item := range doc.Paths.Map() {
		for _, ours := range []string{"/v2/droplets", "/v2/load_balancers", "/v2/tags", "/v2/sizes", "/v2/images"} {
			if strings.HasPrefix(path, ours) && !strings.Contains(path, "autoscale") {
				paths.Set(path, item)
			}
		}
	}
	doc.Paths, doc.Servers = paths, nil
	// Here it may be null, as for a droplet without backups. The specification's allOf drops that by mistake.
	for _, part := range doc.Components.Schemas["droplet"].Value.Properties["next_backup_window"].Value.AllOf {
		part.Value.Nullable = true
	}
	router, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaPatternValidation(), openapi3.DisableSchemaDefaultsValidation())
	must(t, err)
	for _, c := range everything(t) {
		req, err := http.NewRequest(c.Method, "http://127.0.0.1"+c.Path+"?"+c.Query.Encode(), strings.NewReader(c.Body))
		must(t, err)
		req.Header = c.Header
		route, params, err := router.FindRoute(req)
		if err != nil {
			t.Errorf("%s %s is not in the specification: %v", c.Method, c.Path, err)
			continue
		}
		in := &openapi3filter.RequestValidationInput{
			Request: req, PathParams: params, Route: route,
			Options: &openapi3filter.Options{
				AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
			},
		}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("the request %s %s %s: %v", c.Method, c.Path, c.Body, err)
		}
		err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: c.Status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(bytes.NewReader([]byte(c.Answer))), Options: in.Options,
		})
		if err != nil {
			t.Errorf("the answer %d of %s %s: %v", c.Status, c.Method, c.Path, err)
		}
	}
}
