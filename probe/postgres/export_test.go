package postgres

import (
	"context"
	"net"
)

func (p *Prober) DialWith(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	p.config.DialFunc = dial
}
