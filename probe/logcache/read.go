package logcache

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

const (
	// perPage is how many envelopes Log Cache gives in one answer at most.
	perPage = 1000
	// maxPage bounds an answer of that many, in bytes: an envelope of the router's has about 1.5 KB.
	maxPage = 4 << 20
	// maxPages bounds how much is read for one reading.
	maxPages = 4
)

// A reader reads envelopes, for one reading.
type reader struct {
	parent, ctx context.Context
	access      Access
	url         *url.URL
	client      *web.Client
	status      *int
}

// envelopes hands those of a kind from since to now to take, the newest first, and says since when it has read them all. Where one
// page ends in the middle of a moment, the next begins with it again.
func (r *reader) envelopes(kind string, since, now time.Time, take func(*envelope)) (from time.Time, err error) {
	end := now.UnixNano()
	for range maxPages {
		u := *r.url
		u.RawQuery = url.Values{
			"start_time": {strconv.FormatInt(since.UnixNano(), 10)}, "end_time": {strconv.FormatInt(end, 10)},
			"envelope_types": {kind}, "limit": {strconv.Itoa(perPage)}, "descending": {"true"},
		}.Encode()
		status, body, err := r.client.Get(r.parent, r.ctx, &u)
		*r.status = status
		if err != nil {
			return now, err
		}
		batch, err := decode(body)
		if err != nil {
			return now, err
		}
		oldest := end
		for i := range batch {
			e := &batch[i]
			at := int64(e.Timestamp)
			if at < since.UnixNano() || at >= now.UnixNano() {
				continue // which wasn't asked for
			}
			oldest = min(oldest, at)
			take(e)
		}
		if len(batch) < perPage || oldest+1 >= end {
			return since, nil
		}
		end = oldest + 1
	}
	return time.Unix(0, end-1), nil
}
