package service

import (
	"context"
	"net"
	"sync"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

// An address that cannot be listened on, such as one that another bot uses, is logged and stops nothing. end stops the
// server, which takes about a second.
func (v *Service) openAdminServer(ctx context.Context) (end func()) {
	s, p := v.inForce()
	h, db := v.host, v.kept.db
	ledger := admin.NewLedger()
	v.Bot.RecordTo(ledger)
	server := admin.New(admin.Options{
		Reload: v.reload, LastReload: func() *admin.Reload { return v.reloader.Load().lastReload() },
		Warnings: v.warnings, Pool: PoolStatus(p.Platform), Bot: v.Bot, Ledger: ledger,
		History: db, Zone: v.zone, Started: h.Now, Version: Version(),
		Token: s.AdminToken.Reveal(), Throttle: h.throttle, Log: h.Log,
	})
	var listeners []net.Listener
	take := func(at string, l net.Listener, err error) {
		if err != nil {
			h.Log.Warn("autoscalebot status, pause and scale cannot reach the bot", "at", at, "error", err)
			return
		}
		h.Log.Info("listening for autoscalebot status, pause and scale", "at", at)
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
