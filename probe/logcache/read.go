package logcache

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

const (
	perPage  = 1000    // the most envelopes in one answer of Log Cache
	maxPage  = 4 << 20 // bytes; one of the router's envelopes has about 1.5 KB
	maxPages = 12      // pages read one after another for one reading
)

type reader struct {
	parent, ctx context.Context
	access      Access
	url         *url.URL
	client      *web.Client
	status      *int
	perPage     int
}

// names is a regular expression; "" matches all.
type query struct {
	kind, names string
	since, end  time.Time
}

// Passes a page of the newest envelopes to take. The page has all of the query's envelopes since the returned time.
func (r *reader) page(q query, take func(*envelope)) (from time.Time, err error) {
	values := url.Values{
		"start_time":     {strconv.FormatInt(q.since.UnixNano(), 10)},
		"end_time":       {strconv.FormatInt(q.end.UnixNano(), 10)},
		"envelope_types": {q.kind}, "limit": {strconv.Itoa(r.perPage)}, "descending": {"true"},
	}
	if q.names != "" {
		values.Set("name_filter", q.names)
	}
	u := *r.url
	u.RawQuery = values.Encode()
	status, body, err := r.client.Get(r.parent, r.ctx, &u)
	*r.status = status
	if err != nil {
		return q.end, err
	}
	batch, err := decode(body)
	if err != nil {
		return q.end, err
	}
	oldest := q.end.UnixNano()
	for i := range batch {
		e := &batch[i]
		at := int64(e.Timestamp)
		if at < q.since.UnixNano() || at >= q.end.UnixNano() {
			continue // not requested
		}
		oldest = min(oldest, at)
		take(e)
	}
	if len(batch) < r.perPage {
		return q.since, nil
	}
	return time.Unix(0, oldest+1), nil // some of the oldest moment may be missing
}

// Passes the envelopes to take, newest first, at most most pages. They are complete since the returned time, which is
// q.since unless there are more pages.
func (r *reader) pages(q query, most int, take func(*envelope)) (from time.Time, err error) {
	for range most {
		from, err := r.page(q, take)
		if err != nil || !from.After(q.since) || !from.Before(q.end) {
			return from, err
		}
		q.end = from
	}
	return q.end, nil
}
