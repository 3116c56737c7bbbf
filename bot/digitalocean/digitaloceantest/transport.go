package digitaloceantest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

// Transport calls the server in the caller's goroutine, whatever the host, without a network. In a bubble of
// testing/synctest a call takes no time.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

type inProcess struct{}

func (t transport) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(context.WithValue(req.Context(), inProcess{}, true))
	in.RequestURI = req.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	w := httptest.NewRecorder()
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p != http.ErrAbortHandler: // compared as net/http does
			panic(p)
		case req.Context().Err() != nil:
			resp, err = nil, req.Context().Err()
		case w.Body.Len() > 0:
			resp, err = w.Result(), nil
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, broken{}))
		default:
			resp, err = nil, errors.New("the connection was cut")
		}
	}()
	t.s.ServeHTTP(w, in)
	resp = w.Result()
	resp.Request = req
	resp.Status = fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	return resp, nil
}

// The rest of a body whose connection was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
