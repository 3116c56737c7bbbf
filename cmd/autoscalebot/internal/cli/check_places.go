package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
)

func (c *checker) places(s *settings.Settings) {
	c.place("page", s.ServeAddr(), listens(s.ServeAddr()))
	c.place("ADMIN_ADDR", string(s.AdminAddr), listens(string(s.AdminAddr)))
	if path := s.SocketPath(); path != "" {
		err := admin.CheckSocket(path)
		if err != nil && s.AdminSocket == "" && !errors.Is(err, syscall.EADDRINUSE) {
			c.note("socket", fmt.Sprintf("autoscalebot status and the like cannot ask the bot at %s: %v", path, err))
			err = nil
		}
		c.place("ADMIN_SOCKET", path, err)
	}
	if path := string(s.StateFile); path != "" {
		c.report("state file", path, statefile.Check(path, s.App(), string(s.HerokuProcessType)))
	}
}

// place reports a place that cannot be used. That somebody uses it now is not wrong: it may be the bot.
func (c *checker) place(what, at string, err error) {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		c.note(what, at+" is in use now, which is fine if it is by this bot")
	case err != nil:
		c.report(what, at, err)
	}
}

func listens(addr string) error {
	if addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return l.Close()
}

func (c *checker) history(ctx context.Context, s *settings.Settings) {
	url, _ := s.HistoryURL()
	if url == "" {
		c.note("history", "none is kept: there is no page and no report, and a restart goes on from a STATE_FILE alone")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, service.OpenTime)
	defer cancel()
	seen, err := history.Look(ctx, history.Options{URL: url, App: s.App(), ProcessType: string(s.HerokuProcessType)})
	found := "kept in " + seen.Place
	switch {
	case err != nil:
		found = ""
	case url == history.Memory:
		found = "kept in memory, until the bot ends"
	case !seen.Begun:
		found = "to be kept in " + seen.Place + ", where there is none yet"
	}
	c.report("history", found, err)
	if seen.Holder != "" {
		c.note("another bot", "an autoscalebot runs for this app now: "+seen.Holder+
			". Two would undo each other's work")
	}
}
