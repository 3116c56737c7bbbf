package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
)

const (
	relayKind  = "http"          // the kind of these requests in a history
	relayEvery = 2 * time.Second // between two queries for requests
	relayTime  = 5 * time.Second // for one query and its answers
)

type (
	relayed struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Body   string `json:"body,omitempty"`
	}
	relayedBack struct {
		Status int    `json:"status"`
		Body   string `json:"body"`
	}
)

// Relay answers requests that arrive through a history's database, until ctx ends. Where the bot has no port, the
// database is the one thing that both machines reach. A client that can write to the database is trusted, like a client
// of the socket.
func (s *Server) Relay(ctx context.Context, db *history.DB) {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.relay(ctx, db)
	}
}

// The history itself reports a database that is down.
func (s *Server) relay(ctx context.Context, db *history.DB) {
	ctx, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	asks, err := db.Asked(ctx)
	if err != nil {
		return
	}
	for _, a := range asks {
		text, err := json.Marshal(s.replay(ctx, a))
		if err == nil {
			err = db.Answer(ctx, a.ID, string(text))
		}
		if err != nil {
			s.o.Log.Warn("a request that arrived through the database got no answer", "who", a.Who, "error", err)
		}
	}
}

func (s *Server) replay(ctx context.Context, a history.Ask) relayedBack {
	var q relayed
	if a.Kind != relayKind || json.Unmarshal(a.Body, &q) != nil {
		return relayedBack{http.StatusBadRequest, `{"error":"the bot does not understand the request. Is it another version?"}`}
	}
	ctx = context.WithValue(ctx, callerKey{}, caller{who: a.Who, known: true})
	r, err := http.NewRequestWithContext(ctx, q.Method, "http://bot"+q.Path, strings.NewReader(q.Body))
	if err != nil {
		return relayedBack{http.StatusBadRequest, `{"error":"the bot does not understand the request. Is it another version?"}`}
	}
	w := &taken{header: http.Header{}, status: http.StatusOK}
	s.ServeHTTP(w, r)
	return relayedBack{w.status, w.body.String()}
}

type taken struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (t *taken) Header() http.Header         { return t.header }
func (t *taken) WriteHeader(status int)      { t.status = status }
func (t *taken) Write(p []byte) (int, error) { return t.body.Write(p) }

type byHistory struct {
	db  *history.DB
	who string
}

func (b byHistory) RoundTrip(r *http.Request) (*http.Response, error) {
	q := relayed{Method: r.Method, Path: r.URL.RequestURI()}
	if r.Body != nil {
		defer r.Body.Close()
		text, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return nil, err
		}
		q.Body = string(text)
	}
	id, err := b.db.Ask(r.Context(), relayKind, b.who, q)
	if err != nil {
		return nil, err
	}
	text, err := b.db.Await(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var back relayedBack
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		return nil, fmt.Errorf("read the bot's answer: %w. Is the bot another version?", err)
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", back.Status, http.StatusText(back.Status)), StatusCode: back.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(back.Body)),
		ContentLength: int64(len(back.Body)), Request: r,
	}, nil
}
