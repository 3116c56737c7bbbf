package logcache

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

// It reads either a signal or the app's own metric.
type prober struct {
	o      Options
	name   string
	signal Signal
	metric string
}

func (p prober) Probe(parent context.Context) probe.Reading { return p.at(parent, time.Now(), perPage) }

func (p prober) at(parent context.Context, now time.Time, perPage int) probe.Reading {
	ctx, cancel := context.WithTimeout(parent, p.o.Timeout)
	defer cancel()
	r := probe.Reading{Signal: p.name, Time: now, Outcome: probe.Answered}
	if p.metric == "" {
		r.Unit = p.signal.unit()
	}
	rd := &reader{parent: parent, ctx: ctx, status: &r.Status, perPage: perPage}
	value, unit, err := p.try(rd, "", now)
	// Log Cache answers an expired token with one of these.
	if r.Status == http.StatusUnauthorized || r.Status == http.StatusNotFound {
		value, unit, err = p.try(rd, rd.access.Token, now)
	}
	if err == nil {
		if r.Value = value; p.metric != "" {
			r.Unit = unit
		}
		return r
	}
	if !errors.As(err, new(failure.Failure)) {
		err = noAccess(parent, ctx, err)
	}
	failure.Note(&r, err)
	if r.Status == http.StatusNotFound {
		r.Error += ": Log Cache does not have this app, or the user or client may not read its metrics: " +
			"it must be a space developer or auditor"
	}
	return r
}

func (p prober) try(rd *reader, refused string, now time.Time) (value float64, unit string, err error) {
	*rd.status = 0
	if err := rd.ctx.Err(); err != nil {
		return 0, "", err
	}
	a, err := p.o.Access(rd.ctx, refused)
	if err != nil {
		return 0, "", err
	}
	u, err := web.ParseURL(a.URL, "https://log-cache.example.com")
	if err != nil {
		return 0, "", err
	}
	header, err := web.Headers(u, a.Token, nil, p.o.UserAgent)
	if err != nil {
		return 0, "", err
	}
	u.Path = cmp.Or(u.Path, "/")
	rd.access, rd.url = a, u.JoinPath("api/v1/read", url.PathEscape(a.Source))
	rd.client = web.NewClient(header, true).Accept(maxPage)
	defer rd.client.Close()
	if p.metric != "" {
		return p.readMetric(rd, now)
	}
	value, err = p.read(rd, now)
	return value, "", err
}

func (p prober) readMetric(rd *reader, now time.Time) (float64, string, error) {
	u, err := rd.usage(p.o.ProcessType, p.metric, now.Add(-p.o.Window), now)
	if err != nil {
		return 0, "", err
	}
	value, err := u.meanOfMetric(p.metric, p.o.Window)
	return value, u.unit, err
}

func (p prober) read(rd *reader, now time.Time) (float64, error) {
	since := now.Add(-p.o.Window)
	switch p.signal {
	case CPU, CPUUtil, Memory, MemoryUsed, Disk, DiskUtil:
		u, err := p.usage(rd, since, now)
		if err != nil {
			return 0, err
		}
		return u.mean(p.signal, p.o.Window)
	case Throughput:
		u, err := p.usage(rd, now.Add(-min(p.o.Window, time.Minute)), now)
		if err != nil {
			return 0, err
		}
		n := u.instances()
		if n == 0 {
			return 0, failure.Bad("no instance of %.40s reports metrics, so the number of instances is unknown",
				p.o.ProcessType)
		}
		q, err := rd.requests(p.o.ProcessType, since, now)
		if err != nil {
			return 0, err
		}
		return q.perSecond() / float64(n), nil
	}
	q, err := rd.requests(p.o.ProcessType, since, now)
	switch {
	case err != nil:
		return 0, err
	case p.signal == RequestsPerSecond:
		return q.perSecond(), nil
	case len(q.took) == 0 && p.signal == ResponseTime:
		return 0, p.alive(rd, since, now)
	case len(q.took) == 0:
		return 0, failure.Bad("there were no requests within %v", p.o.Window)
	case p.signal == Latency, p.signal == ResponseTime:
		return q.middle(p.o.Middle), nil
	case p.signal == Latency95:
		return q.middle(95), nil
	}
	return q.percentile(map[Signal]float64{ServiceP50: 50, ServiceP95: 95, ServiceP99: 99}[p.signal]), nil
}

// If no instance reports metrics, Log Cache may have lost the requests too.
func (p prober) alive(rd *reader, since, now time.Time) error {
	u, err := p.usage(rd, since, now)
	if err == nil && u.instances() == 0 {
		return failure.Bad("there were no requests within %v, and no instance reports metrics", p.o.Window)
	}
	return err
}

func (p prober) usage(rd *reader, since, now time.Time) (*usage, error) {
	u, err := rd.usage(p.o.ProcessType, "", since, now)
	if err != nil {
		return nil, err
	}
	return u, u.fresh(now)
}

func noAccess(parent, ctx context.Context, err error) failure.Failure {
	if f, ok := failure.Ended(parent, ctx, err, "no access to the metrics in time"); ok {
		return f
	}
	text := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == unicode.ReplacementChar {
			return ' '
		}
		return c
	}, err.Error())
	if len(text) > 280 {
		text = strings.ToValidUTF8(text[:280], "") + "…"
	}
	return failure.Failure{Outcome: probe.Unreachable, Text: text}
}
