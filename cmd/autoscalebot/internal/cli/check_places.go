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
			c.note("socket", fmt.Sprintf("autoscalebot status, pause and scale will not reach the bot at %s: %v",
				path, err))
			err = nil
		}
		c.place("ADMIN_SOCKET", path, err)
	}
	if path := string(s.StateFile); path != "" {
		c.report("state file", path, statefile.Check(path, s.App(), string(s.HerokuProcessType)))
	}
}

// An address in use is only a note: the running bot may be the one that uses it.
func (c *checker) place(what, at string, err error) {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		c.note(what, at+" is in use. That is ok if this bot uses it")
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
		c.note("history", "not kept: there are no web page and no reports, and a restart continues only from "+
			"a STATE_FILE")
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
		found = "kept in memory until the bot ends"
	case !seen.Begun:
		found = "will be kept in " + seen.Place + ", which is still empty"
	}
	c.report("history", found, err)
	if seen.Holder != "" {
		c.note("another bot", "an autoscalebot already runs for this app: "+seen.Holder+
			". Do not start a second one: two bots undo each other's changes")
	}
}
