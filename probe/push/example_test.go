package push_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/autoscalebot/autoscalebot/probe/push"
)

// An app pushes how many jobs wait, and the bot reads it.
func Example() {
	s, err := push.New(push.Options{Tokens: []string{"0123456789abcdef0123456789abcdef"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/apps/", s)
	mux.Handle("/metrics/", s)

	r := httptest.NewRequest(http.MethodPost, "/metrics/jobs?unit=jobs", strings.NewReader("7"))
	r.Header.Set("Authorization", "Bearer 0123456789abcdef0123456789abcdef")
	mux.ServeHTTP(httptest.NewRecorder(), r)

	p, err := s.Prober("", "jobs", push.Newest)
	if err != nil {
		fmt.Println(err)
		return
	}
	reading := p.Probe(context.Background())
	fmt.Println(reading.Value, reading.Unit)
	// Output: 7 jobs
}
