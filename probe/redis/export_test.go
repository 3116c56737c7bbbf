package redis

import "net"

// Sum logs in at c and sums the queues up.
func (p *Prober) Sum(c net.Conn) (int64, error) { return p.sum(newWire(c)) }
