package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
)

// A refusal is why a request is not answered, with its HTTP status.
type refusal struct {
	status int
	text   string
}

// Error is what whoever asked reads.
func (r refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}

func (s *Server) status(string, http.ResponseWriter, *http.Request) (any, error) {
	return s.statusAt(time.Now()), nil
}

func (s *Server) statusAt(now time.Time) Status {
	b := s.o.BotOptions
	st := Status{
		Time: now, Started: s.o.Started, Version: s.o.Version, App: b.App, ProcessType: b.ProcessType, DryRun: b.DryRun,
		Limits: b.Schedule.At(now), Control: active(s.o.Bot.Control(), now),
	}
	if b.Policy.PauseUp {
		st.PausedBySettings = append(st.PausedBySettings, Up)
	}
	if b.Policy.PauseDown {
		st.PausedBySettings = append(st.PausedBySettings, Down)
	}
	state := s.o.Bot.State()
	up, down := b.Policy.Cooldowns(&state, now)
	st.CooldownUp, st.CooldownDown = up.Seconds(), down.Seconds()
	s.o.Ledger.fill(&st)
	return st
}

// active is what of c holds at now.
func active(c bot.Control, now time.Time) bot.Control {
	if !c.Up.Active(now) {
		c.Up = bot.Pause{}
	}
	if !c.Down.Active(now) {
		c.Down = bot.Pause{}
	}
	if !c.Order.Active(now) {
		c.Order = bot.Order{}
	}
	return c
}

func (s *Server) records(_ string, _ http.ResponseWriter, r *http.Request) (any, error) {
	n := 20
	if text := r.URL.Query().Get("n"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > Kept {
			return nil, refuse(http.StatusBadRequest, "n=%q: write a whole number from 1 to %d", text, Kept)
		}
	}
	return records{append([]bot.Record{}, s.o.Ledger.Last(n)...)}, nil
}

func (s *Server) pause(who string, w http.ResponseWriter, r *http.Request) (any, error) {
	var asked pauseRequest
	if err := decode(w, r, &asked); err != nil {
		return nil, err
	}
	length, err := duration(asked.For)
	if err != nil {
		return nil, err
	}
	now := time.Now().Round(0) // without the clock that stands still while a machine sleeps
	p, text := bot.Pause{On: true}, "until somebody resumes"
	if asked.For != "" {
		p.Until, text = now.Add(length), "for "+length.String()
	}
	if err := s.setPauses(asked.Direction, p); err != nil {
		return nil, err
	}
	s.o.Log.Info("somebody paused scaling", "who", who, "direction", string(asked.Direction), "length", text)
	return s.statusAt(now), nil
}

func (s *Server) resume(who string, w http.ResponseWriter, r *http.Request) (any, error) {
	var asked resumeRequest
	if err := decode(w, r, &asked); err != nil {
		return nil, err
	}
	if err := s.setPauses(asked.Direction, bot.Pause{}); err != nil {
		return nil, err
	}
	s.o.Log.Info("somebody resumed scaling", "who", who, "direction", string(asked.Direction))
	return s.statusAt(time.Now()), nil
}

func (s *Server) setPauses(d Direction, p bot.Pause) error {
	if d != Up && d != Down && d != Both {
		return refuse(http.StatusUnprocessableEntity, "direction %q: write up, down or both", string(d))
	}
	s.o.Bot.SetControl(func(c bot.Control) bot.Control {
		if d != Down {
			c.Up = p
		}
		if d != Up {
			c.Down = p
		}
		return c
	})
	return nil
}

func (s *Server) scale(who string, w http.ResponseWriter, r *http.Request) (any, error) {
	var asked scaleRequest
	if err := decode(w, r, &asked); err != nil {
		return nil, err
	}
	length, err := duration(asked.For)
	if err != nil {
		return nil, err
	}
	if asked.For == "" {
		length = max(shortestHold, s.o.BotOptions.Policy.ManualHold)
	}
	now := time.Now().Round(0)
	limits := s.o.BotOptions.Schedule.At(now)
	switch n := asked.Dynos; {
	case n == nil:
		return nil, refuse(http.StatusUnprocessableEntity, "dynos is missing; write how many there are to be")
	case *n == 0:
		return nil, refuse(http.StatusUnprocessableEntity,
			"0 dynos switch the app off; do that at the platform, and the bot keeps its hands off until somebody sets another number there")
	case *n != limits.Clamp(*n):
		return nil, refuse(http.StatusUnprocessableEntity, "%d dynos are outside the limits of this hour, %d to %d", *n, limits.Min, limits.Max)
	}
	s.setOrder(bot.Order{Dynos: *asked.Dynos, Until: now.Add(length)})
	s.o.Log.Info("somebody asked for a number of dynos", "who", who, "dynos", *asked.Dynos, "length", length.String())
	return s.statusAt(now), nil
}

func (s *Server) endOrder(who string, _ http.ResponseWriter, _ *http.Request) (any, error) {
	s.setOrder(bot.Order{})
	s.o.Log.Info("somebody let the bot decide by itself", "who", who)
	return s.statusAt(time.Now()), nil
}

func (s *Server) setOrder(o bot.Order) {
	s.o.Bot.SetControl(func(c bot.Control) bot.Control {
		c.Order = o
		return c
	})
}

// decode reads the one JSON object of a request, and refuses what it does not know.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == nil {
			return refuse(http.StatusBadRequest, "there is more than one JSON value")
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	var tooLong *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return refuse(http.StatusBadRequest, "the body cannot be %s; write a JSON object", wrongType.Value)
	case errors.As(err, &wrongType):
		return refuse(http.StatusBadRequest, "%s cannot be %s", wrongType.Field, wrongType.Value)
	case errors.As(err, &tooLong):
		return refuse(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", maxBody)
	case errors.Is(err, io.EOF):
		return refuse(http.StatusBadRequest, "the body is empty; write a JSON object")
	}
	return refuse(http.StatusBadRequest, "the body is not what it should be: %v", err)
}

// duration reads a length of time; "" is 0.
func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > longest {
		return 0, refuse(http.StatusUnprocessableEntity, "for %q: write a length of time up to 8784h, such as 90m or 2h", text)
	}
	return d, nil
}
