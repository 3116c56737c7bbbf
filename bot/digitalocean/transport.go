package digitalocean

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// maxTries is one try and at most two retries of a read that failed for what may pass.
	maxTries = 3
	// maxWaits is how often a read waits for the rate limit. Each wait should be the last.
	maxWaits = 5
	// maxBody bounds an answer. A page of 200 droplets is about 1 MB.
	maxBody = 8 << 20
)

// A transport stands below godo. It reads each answer whole within its bounds, tries reads again that may pass, and keeps to the rate
// limit. All its errors are of type *Error.
type transport struct {
	inner   http.RoundTripper
	token   string
	timeout time.Duration // of one try
	limit   limit
}

// RoundTrip makes a read up to three times, and any other request once.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, &Error{Message: "the request's body can't be read"}
		}
	}
	read := req.Method == http.MethodGet
	retries := backoff.NewExponentialBackOff() // 0.5 s, then ×1.5, each give or take half of it
	for tries, waits := 1, 0; ; {
		if until, closed := t.limit.closed(time.Now()); closed {
			waits++
			if !read || waits > maxWaits || !wait(req.Context(), time.Until(until)) {
				return nil, limited(until)
			}
			continue
		}
		resp, e := t.try(req, body)
		switch {
		case e == nil && resp.StatusCode == http.StatusTooManyRequests:
			if !read {
				until, _ := t.limit.closed(time.Now())
				return nil, limited(until)
			}
			continue
		case e == nil && resp.StatusCode < 500:
			return resp, nil
		case !read || tries == maxTries || e != nil && !e.retry:
		case wait(req.Context(), retries.NextBackOff()):
			tries++
			continue
		}
		if e == nil {
			return resp, nil // godo makes an error of it
		}
		return nil, e
	}
}

// wait waits for d, and returns false where the context's deadline comes before, or it ended meanwhile.
func wait(ctx context.Context, d time.Duration) bool {
	return web.Fits(ctx, d) && web.Sleep(ctx, d) == nil
}

// try sends the request once.
func (t *transport) try(req *http.Request, body []byte) (*http.Response, *Error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	defer cancel()
	again := req.Clone(ctx)
	if req.Body != nil {
		again.Body = io.NopCloser(bytes.NewReader(body))
	}
	again.Header.Set("Authorization", "Bearer "+t.token)
	resp, err := t.inner.RoundTrip(again)
	if err != nil {
		return nil, t.broken(req.Context(), "DigitalOcean can't be reached", err)
	}
	defer resp.Body.Close()
	t.limit.note(resp, time.Now())
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil && resp.StatusCode/100 == 2:
		return nil, t.broken(req.Context(), "the answer broke off", err)
	case len(answer) > maxBody:
		return nil, &Error{Message: "the answer is longer than 8 MiB"}
	}
	// The body of an error may have broken off; its status counts.
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return resp, nil
}

// broken makes the error of a try that brought no whole answer. ctx is the whole call's.
func (t *transport) broken(ctx context.Context, what string, err error) *Error {
	e := &Error{}
	e.Message, e.cause, e.retry = web.Broken(ctx, what, err, t.safe)
	return e
}

// limited makes the error of a call that the rate limit leaves no time for.
func limited(until time.Time) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Until: until,
		Message: fmt.Sprintf("the account's API calls are used up until %s UTC", until.UTC().Format("15:04:05")),
		Hint:    "all that uses the account's tokens shares 5,000 calls an hour and 250 a minute: a longer interval helps",
	}
}

// safe strikes the token out of a text that the server may have had a hand in, and makes it fit for one line.
func (t *transport) safe(s string) string {
	return clean(strings.ReplaceAll(s, t.token, "[token]"))
}
