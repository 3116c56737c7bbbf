package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

func (s *Server) status(string, *http.Request) (any, error) {
	return s.statusAt(time.Now()), nil
}

func (s *Server) statusAt(now time.Time) Status {
	b := s.o.Bot.Options()
	st := Status{
		Time: now, Started: s.o.Started, Version: s.o.Version, App: b.App, ProcessType: b.ProcessType,
		Unit: s.o.Bot.Unit(), DryRun: b.DryRun, Limits: s.o.Bot.Limits(now), Control: active(s.o.Bot.Control(), now),
	}
	if b.Policy.PauseUp {
		st.PausedBySettings = append(st.PausedBySettings, bot.Up)
	}
	if b.Policy.PauseDown {
		st.PausedBySettings = append(st.PausedBySettings, bot.Down)
	}
	state := s.o.Bot.State()
	up, down := b.Policy.Cooldowns(&state, now)
	st.CooldownUp, st.CooldownDown = up.Seconds(), down.Seconds()
	s.o.Ledger.fill(&st)
	if st.Last != nil {
		for _, e := range s.o.Bot.Incidents(*st.Last) {
			if e.Kind.ByPeople() { // Control has it
				continue
			}
			advice := e.AdviceLine()
			e.App = "" // the status names it
			st.Incidents = append(st.Incidents,
				Incident{Kind: e.Kind, Since: e.Since, Text: e.Subject(), Advice: advice})
		}
	}
	if s.o.Warnings != nil {
		st.Warnings = s.o.Warnings()
	}
	if s.o.LastReload != nil {
		st.Reload = s.o.LastReload()
	}
	if s.o.Pool != nil {
		servers := s.o.Pool()
		st.Pool = &servers
	}
	return st
}

// The limits that are planned count as well.
func active(c decide.Control, now time.Time) decide.Control {
	a := c.At(now)
	a.Limits = slices.DeleteFunc(slices.Clone(c.Limits),
		func(o decide.LimitsOverride) bool { return !o.Until.After(now) })
	return a
}

func (s *Server) pause(who string, r *http.Request) (any, error) {
	var asked pauseRequest
	if err := decode(r.Body, &asked); err != nil {
		return nil, err
	}
	length, err := s.length(asked.endRequest)
	if err != nil {
		return nil, err
	}
	return s.done(s.o.Bot.Pause(asked.Direction, length, who))
}

func (s *Server) resume(who string, r *http.Request) (any, error) {
	var asked resumeRequest
	if err := decode(r.Body, &asked); err != nil {
		return nil, err
	}
	return s.done(s.o.Bot.Resume(asked.Direction, who))
}

func (s *Server) scale(who string, r *http.Request) (any, error) {
	var asked scaleRequest
	if err := decode(r.Body, &asked); err != nil {
		return nil, err
	}
	length, err := s.length(asked.endRequest)
	if err != nil {
		return nil, err
	}
	if asked.Dynos == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "dynos is missing: must be the number of dynos to keep")
	}
	return s.done(s.o.Bot.Override(*asked.Dynos, length, who))
}

func (s *Server) endOverride(who string, _ *http.Request) (any, error) {
	return s.done(s.o.Bot.EndOverride(who))
}

func (s *Server) limits(who string, r *http.Request) (any, error) {
	var asked limitsRequest
	if err := decode(r.Body, &asked); err != nil {
		return nil, err
	}
	if asked.Min == nil || asked.Max == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "min or max is missing: both must be numbers of dynos")
	}
	var from time.Time
	begin, must := time.Now(), inTheYear
	if asked.From != "" {
		at, err := when.Reader{Now: begin, Zone: s.o.Zone(), Toward: when.Future}.Moment(asked.From)
		if err != nil {
			return nil, refuse(http.StatusUnprocessableEntity, "from: %v", err)
		}
		from, begin, must = at.Time, at.Time, "after from, and at most 366 days later"
	}
	length, err := s.lengthFrom(begin, must, asked.endRequest)
	switch {
	case err != nil:
		return nil, err
	case length == 0:
		return nil, refuse(http.StatusUnprocessableEntity, "the end is missing: set until or for")
	}
	l, until := schedule.Limits{Min: *asked.Min, Max: *asked.Max}, begin.Add(length).Round(0)
	if err := s.o.Bot.OverrideLimits(l, from, until, who); err != nil {
		return s.done(err)
	}
	st := s.statusAt(time.Now())
	st.NextYear = s.nextYear(l, begin, until)
	return st, nil
}

// In days: 52 weeks, so that the weekdays stay.
const nextYear = 364

func (s *Server) nextYear(l schedule.Limits, from, until time.Time) *Rows {
	t, ok := s.o.Bot.Options().Schedule.(interface {
		Add(l schedule.Limits, from, until time.Time) (low, high schedule.Series, err error)
	})
	if !ok {
		return nil
	}
	later := func(t time.Time) time.Time { return t.In(s.o.Zone()).AddDate(0, 0, nextYear) }
	low, high, err := t.Add(l, later(from), later(until))
	if err != nil { // the schedule has other rows for these days
		return nil
	}
	return &Rows{Min: low.String(), Max: high.String()}
}

func (s *Server) endLimits(who string, r *http.Request) (any, error) {
	var from time.Time
	if text := r.URL.Query().Get("from"); text != "" {
		var err error
		if from, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, refuse(http.StatusBadRequest, "from is %q: must be a time such as 2026-11-27T08:00:00Z", text)
		}
	}
	return s.done(s.o.Bot.EndLimits(from, who))
}

func (s *Server) done(err error) (any, error) {
	if err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	return s.statusAt(time.Now()), nil
}

func decode(body io.Reader, into any) error {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == nil {
			return refuse(http.StatusBadRequest, "the body has more than one JSON value")
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	var tooLong *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return refuse(http.StatusBadRequest, "the body must be a JSON object, not %s", wrongType.Value)
	case errors.As(err, &wrongType):
		return refuse(http.StatusBadRequest, "invalid type of %s: %s", wrongType.Field, wrongType.Value)
	case errors.As(err, &tooLong):
		return refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", maxBody)
	case errors.Is(err, io.EOF):
		return refuse(http.StatusBadRequest, "the body is empty: must be a JSON object")
	}
	return refuse(http.StatusBadRequest, "invalid body: %v", err)
}

const inTheYear = "in the future, and at most 366 days from now"

func (s *Server) length(asked endRequest) (time.Duration, error) {
	return s.lengthFrom(time.Now(), inTheYear, asked)
}

// No end is 0. must completes the sentence about an end that does not fit: it must be …
func (s *Server) lengthFrom(begin time.Time, must string, asked endRequest) (time.Duration, error) {
	if asked.For != "" && asked.Until != "" {
		return 0, refuse(http.StatusUnprocessableEntity, "for and until are both set: use one of them")
	}
	if asked.Until == "" {
		return duration(asked.For)
	}
	at, err := when.Reader{Now: begin, Zone: s.o.Zone(), Toward: when.Future}.Moment(asked.Until)
	if err != nil {
		return 0, refuse(http.StatusUnprocessableEntity, "until: %v", err)
	}
	d := at.Sub(begin)
	if d <= 0 || d > longest {
		return 0, refuse(http.StatusUnprocessableEntity,
			"until is %.80q, which is %s: must be %s", asked.Until,
			at.Format("2006-01-02 15:04 MST"), must)
	}
	return d, nil
}

// A number without a unit is minutes, as in the commands.
func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := when.Duration(text, time.Minute)
	if err != nil || d == 0 || d > longest {
		return 0, refuse(http.StatusUnprocessableEntity,
			"for is %.80q: must be a duration of at most %d days, such as 90m, 2h or 2 days", text, longest/day)
	}
	return d, nil
}
