package service

import (
	"io"
	"log/slog"
	"time"

	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A Host is the bot's environment: outputs, log and start time.
type Host struct {
	Stdout, Stderr io.Writer
	Log            *slog.Logger
	Now            time.Time         // start of the bot
	Reload         <-chan string     // asks to read the settings again, and says why; nil never does
	level          *slog.LevelVar    // of Log; nil for a log of the caller's own
	Once           bool              // a command looks at the platform, so no heartbeat repeats what failed
	heroku         *heroku.App       // the client that several process types share; nil for a single one
	throttle       *throttle.Limiter // counts wrong passwords and tokens at all endpoints
}

func (h Host) share(all []*settings.Settings) (Host, error) {
	s := all[0]
	if len(all) == 1 || s.Platform != "heroku" {
		return h, nil
	}
	var err error
	if h.heroku, err = heroku.Open(herokuOptions(s, h)); err != nil {
		return h, settings.Problems{{Name: "PLATFORM heroku", What: err.Error()}}
	}
	return h, nil
}

// NewHost returns a Host that starts now, with a log to stderr in the format and at the level of the settings.
func NewHost(s *settings.Settings, stdout, stderr io.Writer) Host {
	h := Host{Stdout: stdout, Stderr: stderr, Now: time.Now(), level: &slog.LevelVar{}}
	h.level.Set(levelOf(s))
	h.Log = newLog(s, stderr, IsTerminal(stderr), h.level)
	h.throttle = throttle.New(throttle.Options{Proxies: s.Proxies(), Log: h.Log})
	return h
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
