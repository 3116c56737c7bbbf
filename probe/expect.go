package probe

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

var ok = Statuses{{200, 299}}

type expectation struct {
	statuses Statuses
	keyword  string
}

func checkExpectation(o HeartbeatOptions, method string) (expectation, error) {
	e := expectation{statuses: o.Statuses, keyword: o.Keyword}
	if len(e.statuses) == 0 {
		e.statuses = ok
	}
	switch {
	case e.keyword != "" && method == http.MethodHead:
		return e, errors.New("heartbeat keyword does not work with the method HEAD, whose answers have no " +
			"body: use GET")
	case len(e.keyword) > MaxKeyword:
		return e, fmt.Errorf("heartbeat keyword has %d bytes: the maximum is %d", len(e.keyword), MaxKeyword)
	}
	if both := e.statuses.Common(o.FailOn); len(both) > 0 {
		return e, fmt.Errorf("status %s is both accepted and a failure: keep one", both)
	}
	return e, nil
}

// MaxKeyword is the maximum length of a keyword, in bytes.
const MaxKeyword = 1024

// Errors quote nothing of the answer.
func (e expectation) look(header http.Header, body []byte) error {
	if e.keyword == "" {
		return nil
	}
	text, err := unpacked(header, body)
	switch {
	case err != nil:
		return hinted{
			badAnswer(err.Error()),
			"Remove Accept-Encoding from HEARTBEAT_HEADERS, or unset HEARTBEAT_KEYWORD.",
		}
	case bytes.Contains(text, []byte(e.keyword)):
		return nil
	}
	what := "the answer does not contain the keyword"
	if len(body) >= maxBody || len(text) >= maxBody {
		what = fmt.Sprintf("the first %d KiB of the answer do not contain the keyword", maxBody>>10)
	}
	return hinted{badAnswer(what), "Check that HEARTBEAT_URL is the right page. HEARTBEAT_KEYWORD is " +
		"case-sensitive."}
}

// A header can list thousands, and unpacking them all would take long.
const mostCodings = 4

// At most maxBody bytes are unpacked. The body may be cut short.
func unpacked(header http.Header, body []byte) ([]byte, error) {
	var codings []string
	for _, value := range header.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(strings.ToLower(value), ",") {
			if coding = strings.TrimSpace(coding); coding != "" && coding != "identity" {
				codings = append(codings, coding)
			}
		}
	}
	if len(codings) > mostCodings {
		return nil, fmt.Errorf("the answer is compressed %d times over", len(codings))
	}
	slices.Reverse(codings) // the last one was applied last
	for _, coding := range codings {
		if len(body) == 0 {
			return nil, nil
		}
		r, err := unpacker(coding, body)
		if err != nil {
			return nil, err
		}
		body, _ = io.ReadAll(io.LimitReader(r, maxBody)) // up to an error, as the body may be cut short
	}
	return body, nil
}

func unpacker(coding string, body []byte) (io.Reader, error) {
	switch coding {
	case "gzip", "x-gzip":
		if r, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			return r, nil
		}
		return nil, errors.New("the answer is not gzip, although it claims to be")
	case "deflate": // with zlib's header, as the standard requires, or without
		if r, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
			return r, nil
		}
		return flate.NewReader(bytes.NewReader(body)), nil
	}
	return nil, errors.New("the answer is compressed with neither gzip nor deflate, so the keyword cannot be " +
		"checked")
}
