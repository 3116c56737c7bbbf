package heroku_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
)

// Whatever comes as an answer, nothing panics, and a number is believed only where the answer has it.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		good, "", "null", "[]", "{}", `{"type":"web"}`, `{"quantity":2}`, `{"type":"web","quantity":"2"}`, `{"type":"web","quantity":-1}`,
		`{"type":"web","quantity":2.5}`, `{"type":"web","quantity":null}`, `{"type":null,"quantity":2}`, good + "x", `{"TYPE":"web","QUANTITY":2}`,
		`{"id":"rate_limit","message":"x"}`, "<html>", `[]`, `[null]`, `[{"type":"web","state":"up"},{"type":"web","state":"starting"}]`,
		`[{"status":"pending","created_at":"2026-03-04T05:06:07Z"}]`, `[{"status":"","created_at":null}]`, `{"type":"web","quantity":1e3}`,
	} {
		f.Add(200, body)
		f.Add(422, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // leaves no time for a wait
		defer cancel()
		p, err := heroku.NewOver(heroku.Options{App: "my-app", Key: "key"}, roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		}))
		must(t, err)
		n, settled, err := p.Size(ctx)
		if err != nil {
			if n != 0 || settled || err.Error() == "" || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("Size = %d, %v, %q", n, settled, err)
			}
		} else if status/100 != 2 || !says(body, n) {
			t.Errorf("Size of %d %q = %d", status, body, n)
		}
		if err := p.Resize(ctx, 2); err == nil && (status/100 != 2 || !says(body, 2)) {
			t.Errorf("Resize to 2 believed %d %q", status, body)
		}
		if u, err := p.WebURL(ctx); err == nil && (status/100 != 2 || !strings.HasPrefix(strings.ToLower(u), "http")) {
			t.Errorf("WebURL of %d %q = %q", status, body, u)
		}
		if at, done, err := p.Release(ctx); err == nil && (status/100 != 2 || at.IsZero() && !done) || err != nil && (done || !at.IsZero()) {
			t.Errorf("Release of %d %q = %v, %v, %v", status, body, at, done, err)
		}
		if n, err := p.Up(ctx); err == nil && (status/100 != 2 || n > strings.Count(body, "{")) || err != nil && n != 0 {
			t.Errorf("Up of %d %q = %d, %v", status, body, n, err)
		}
		p.Check(ctx, func(string, string, error) {})
	})
}

// True for one JSON object about n web dynos. Go's decoder accepts names in any case.
func says(body string, n int) bool {
	var o map[string]any
	if json.Unmarshal([]byte(body), &o) != nil {
		return false
	}
	var typed, counted bool
	for k, v := range o {
		typed = typed || strings.EqualFold(k, "type") && v == "web"
		counted = counted || strings.EqualFold(k, "quantity") && v == float64(n)
	}
	return typed && counted && n >= 0
}
