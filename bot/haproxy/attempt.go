package haproxy

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

type attempt struct {
	*process
	what    string
	refused []error
}

// A refused command is not an error yet: its effect is read back.
func (a *attempt) tell(ctx context.Context, command string, well ...string) error {
	refused, err := unread(a.process.tell(ctx, command, well...))
	if refused != nil {
		a.refused = append(a.refused, refused)
	}
	return err
}

func (a *attempt) undone(but string) error { return a.process.undone(a.what, but, a.refused...) }

func addCommand(backend string, s server, options string) string {
	return strings.TrimSpace("add server " + backend + "/" + s.name + " " +
		net.JoinHostPort(s.host, strconv.Itoa(s.port)) + " " + options)
}

func (a *attempt) register(ctx context.Context, want server, options string) (have server, ok bool, err error) {
	if err := a.tell(ctx, addCommand(a.backend, want, options), "New server registered"); err != nil {
		return server{}, false, err
	}
	return a.server(ctx, want.name)
}

func (a *attempt) move(ctx context.Context, have, want server) (server, bool, error) {
	name := a.backend + "/" + want.name
	commands := []string{fmt.Sprintf("set server %s addr %s port %d", name, want.host, want.port)}
	if !have.maint() {
		commands = append([]string{"set server " + name + " state maint", "shutdown sessions server " + name},
			commands...)
	}
	for _, command := range commands {
		if err := a.tell(ctx, command, "changed from", "no need to change"); err != nil {
			return server{}, false, err
		}
	}
	return a.server(ctx, want.name)
}

func (a *attempt) enable(ctx context.Context, have server) error {
	name := a.backend + "/" + have.name
	if have.check&checkSet != 0 && have.check&checkOn == 0 {
		if err := a.tell(ctx, "enable health "+name); err != nil {
			return err
		}
	}
	if have.agent&checkSet != 0 && have.agent&checkOn == 0 {
		return a.tell(ctx, "enable agent "+name)
	}
	return nil
}

func (a *attempt) ready(ctx context.Context, have server) (server, bool, error) {
	if err := a.enable(ctx, have); err != nil {
		return server{}, false, err
	}
	name := a.backend + "/" + have.name
	if have.weight == 0 { // restores the weight of its options if somebody set it to 0
		if err := a.tell(ctx, "set server "+name+" weight 100%"); err != nil {
			return server{}, false, err
		}
	}
	if have.maint() || have.admin&adminDrain != 0 {
		if err := a.tell(ctx, "set server "+name+" state ready"); err != nil {
			return server{}, false, err
		}
	}
	return a.server(ctx, have.name)
}

// Why a server cannot get requests, whether in maintenance or not; nil if it can.
func (a *attempt) judge(have server, ok bool) error {
	switch {
	case !ok:
		return a.undone("the server does not exist")
	case have.check&checkSet != 0 && have.check&checkOn == 0:
		return a.undone("its health check is off")
	case have.weight == 0:
		return a.undone("its weight is 0, so it gets no requests")
	}
	return nil
}
