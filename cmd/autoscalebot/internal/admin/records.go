package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/when"
)

// Without a parameter other than n, the records are those of the ledger, which has the newest one at once.
func (s *Server) records(_ string, r *http.Request) (any, error) {
	asked := r.URL.Query()
	q := history.Query{Limit: 20}
	if text := asked.Get("n"); text != "" {
		var err error
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > Kept {
			return nil, refuse(http.StatusBadRequest, "n is %q: must be a whole number from 1 to %d", text, Kept)
		}
	}
	delete(asked, "n")
	if len(asked) == 0 {
		return records{Records: append([]record.Record{}, s.o.Ledger.Last(q.Limit)...)}, nil
	}
	if err := s.query(asked, &q); err != nil {
		return nil, err
	}
	page, err := s.page(r.Context(), q)
	return page, err
}

func (s *Server) query(asked url.Values, q *history.Query) error {
	moment := func(name string, to *time.Time) error {
		text := asked.Get(name)
		if text == "" {
			return nil
		}
		at, err := when.Reader{Now: time.Now(), Zone: s.o.Zone()}.Moment(text)
		if err != nil {
			return refuse(http.StatusBadRequest, "%s: %v", name, err)
		}
		*to = at.Time
		return nil
	}
	flag := func(name string, to *bool) error {
		text := asked.Get(name)
		if *to = text == "true"; !*to && text != "" && text != "false" {
			return refuse(http.StatusBadRequest, "%s is %q: must be true or false", name, text)
		}
		return nil
	}
	for name := range asked {
		if !slices.Contains([]string{"since", "until", "changed", "oldest"}, name) {
			return refuse(http.StatusBadRequest,
				"unknown parameter %q: must be n, since, until, changed or oldest", name)
		}
	}
	for _, err := range []error{
		moment("since", &q.From), moment("until", &q.To), flag("changed", &q.Changed), flag("oldest", &q.Oldest),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) page(ctx context.Context, q history.Query) (records, error) {
	if s.o.History == nil {
		kept := s.o.Ledger.Last(Kept)
		out := records{Records: selected(kept, q), Reach: &history.Reach{}}
		if len(kept) > 0 {
			out.Reach.First = kept[0].Time
		}
		return out, nil
	}
	found, err := s.o.History.Records(ctx, q)
	reach, reachErr := s.o.History.Reach(ctx)
	if err == nil {
		err = reachErr
	}
	if err != nil {
		return records{}, refuse(http.StatusInternalServerError, "%v", err)
	}
	return records{Records: append([]record.Record{}, found...), Reach: &reach}, nil
}

func selected(all []record.Record, q history.Query) []record.Record {
	out := []record.Record{}
	for _, r := range all {
		if !r.Time.Before(q.From) && (q.To.IsZero() || r.Time.Before(q.To)) && (!q.Changed || history.Changed(r)) {
			out = append(out, r)
		}
	}
	if n := len(out) - q.Limit; n > 0 && q.Oldest {
		return out[:q.Limit]
	} else if n > 0 {
		return out[n:]
	}
	return out
}

// Records returns the newest n records, the oldest first. n is 1 to [Kept].
func (c Client) Records(ctx context.Context, n int) ([]record.Record, error) {
	if c.throughHistory() { // the records are in the database
		found, _, err := c.Past(ctx, history.Query{Limit: n})
		return found, err
	}
	var out records
	err := c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/records?n=%d", n), nil, &out)
	return out.Records, err
}

// Past returns the records that q selects from the history, the oldest first, and how far the history reaches back. The
// limit is 1 to [Kept]. Verdict and Rule must be empty.
func (c Client) Past(ctx context.Context, q history.Query) ([]record.Record, history.Reach, error) {
	if c.throughHistory() {
		return c.readPast(ctx, q)
	}
	asked := url.Values{"n": {strconv.Itoa(q.Limit)}, "changed": {strconv.FormatBool(q.Changed)}}
	asked.Set("oldest", strconv.FormatBool(q.Oldest))
	for name, at := range map[string]time.Time{"since": q.From, "until": q.To} {
		if !at.IsZero() {
			asked.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	var out records
	if err := c.do(ctx, http.MethodGet, "/v1/records?"+asked.Encode(), nil, &out); err != nil {
		return nil, history.Reach{}, err
	}
	if out.Reach == nil {
		return nil, history.Reach{}, fmt.Errorf("%s is of an earlier version, which returns only its newest records",
			c.where())
	}
	return out.Records, *out.Reach, nil
}

func (c Client) readPast(ctx context.Context, q history.Query) ([]record.Record, history.Reach, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	kept, err := c.History.Records(ctx, q)
	if err != nil {
		return nil, history.Reach{}, err
	}
	reach, err := c.History.Reach(ctx)
	if err != nil {
		return nil, history.Reach{}, err
	}
	found, err := printableRecords(kept)
	return found, reach, err
}
