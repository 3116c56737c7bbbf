package redis

import "net"

// Sum logs in at c and sums the queues up.
func (p *Prober) Sum(c net.Conn) (int64, error) {
	w := newWire(c)
	if err := p.login(w); err != nil {
		return 0, err
	}
	return p.sum(w)
}
