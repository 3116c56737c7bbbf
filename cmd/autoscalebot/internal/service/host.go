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

// A Host is the machine that the bot runs on, as its parts see it.
type Host struct {
	Stdout, Stderr io.Writer
	Log            *slog.Logger
	// Now is when the bot was started.
	Now time.Time
	// heroku is the app whose process types share their requests; nil where there is one.
	heroku *heroku.App
	// throttle bounds wrong passwords and tokens of all ways in.
	throttle *throttle.Limiter
}

const (
	// Version is that of the newest entry in CHANGELOG.md.
	Version = "0.1.0"

	// UserAgent is what the bot's requests carry.
	UserAgent = "autoscalebot/" + Version
)

func (h Host) share(all []*settings.Settings) (Host, error) {
	s := all[0]
	if len(all) == 1 || s.Platform != "heroku" {
		return h, nil
	}
	var err error
	if h.heroku, err = heroku.Open(herokuOptions(s)); err != nil {
		return h, settings.Problems{{Name: "PLATFORM heroku", What: err.Error()}}
	}
	return h, nil
}

// NewHost is this machine with these standard outputs; the log goes to stderr as the settings say.
func NewHost(s *settings.Settings, stdout, stderr io.Writer) Host {
	h := Host{Stdout: stdout, Stderr: stderr, Log: newLog(s, stderr, IsTerminal(stderr)), Now: time.Now()}
	h.throttle = throttle.New(throttle.Options{Proxies: s.Proxies(), Log: h.Log})
	return h
}

// IsTerminal says whether w writes to a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
