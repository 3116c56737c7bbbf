package cli

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
)

// places says where the bot could not listen or keep its memory. It leaves nothing behind.
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

// listens says why nobody could listen at an address, "" for none.
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
