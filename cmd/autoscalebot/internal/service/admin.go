package service

import (
	"context"
	"net"
	"sync"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

// openAdminServer lets people ask the bot, where the settings say, and through a history on a server. That nobody can,
// because another bot listens there or the place cannot be listened on, is logged and stops nothing. end makes it deaf,
// and returns when it is, within a second or so.
func (v *Service) openAdminServer(ctx context.Context) (end func()) {
	s, h, db := v.settings, v.host, v.kept.db
	ledger := admin.NewLedger()
	v.Bot.RecordTo(ledger)
	server := admin.New(admin.Options{
		Warnings: v.warnings, Pool: PoolStatus(v.parts.Platform), Bot: v.Bot, Ledger: ledger, BotOptions: v.options,
		Started: h.Now, Version: Version,
		Token: s.AdminToken.Reveal(), Throttle: h.throttle, Log: h.Log,
	})
	var listeners []net.Listener
	take := func(at string, l net.Listener, err error) {
		if err != nil {
			h.Log.Warn("the bot cannot be asked by autoscalebot status, pause and the like", "at", at, "error", err)
			return
		}
		h.Log.Info("listening for autoscalebot status, pause and the like", "at", at)
		listeners = append(listeners, l)
	}
	if path := s.SocketPath(); path != "" {
		l, err := admin.ListenSocket(path)
		take(path, l, err)
	}
	if addr := string(s.AdminAddr); addr != "" {
		l, err := net.Listen("tcp", addr)
		take(addr, l, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	deaf := make(chan struct{})
	go func() {
		defer close(deaf)
		var wg sync.WaitGroup
		if db != nil && s.HistoryOnServer() {
			wg.Go(func() { server.Relay(ctx, db) })
		}
		server.Serve(ctx, listeners...)
		wg.Wait()
	}()
	return func() {
		cancel()
		<-deaf
	}
}
