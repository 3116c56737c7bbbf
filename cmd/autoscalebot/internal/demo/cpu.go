package demo

import (
	"context"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

const cpuTimeout = 500 * time.Millisecond // for all servers together, side by side

// A CPU is the signal of how busy the servers of a pool are: the mean over those that serve, whoever they are at the
// moment. One that has only just joined counts from the second reading on. (A [cpu.Fleet] tells servers apart by their
// hosts, and these share one.)
type CPU struct {
	addresses func() []string

	mu     sync.Mutex
	nodes  map[string]*cpu.Nodes
	newest map[string]float64
}

var _ probe.Prober = (*CPU)(nil)

// NewCPU gives the signal of the servers at these addresses, "127.0.0.1:43210", as they are at each reading.
func NewCPU(addresses func() []string) *CPU {
	return &CPU{addresses: addresses, nodes: map[string]*cpu.Nodes{}}
}

// Of tells how busy the server at an address was when it was last asked, in per cent.
func (c *CPU) Of(address string) (percent float64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	percent, ok = c.newest[address]
	return percent, ok
}

// Probe asks all servers side by side.
func (c *CPU) Probe(ctx context.Context) probe.Reading {
	out := probe.Reading{
		Signal: string(cpu.CPU), Time: time.Now(), Unit: "%", Outcome: probe.Unreachable,
		Error: "no server serves",
	}
	nodes, err := c.follow(c.addresses())
	if err != nil {
		out.Error = err.Error()
		return out
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	newest := map[string]float64{}
	for address, n := range nodes {
		wg.Go(func() {
			r := n.Probe(ctx)
			mu.Lock()
			defer mu.Unlock()
			if r.Outcome == probe.Answered {
				newest[address] = r.Value
			} else {
				out.Outcome, out.Status, out.Error = r.Outcome, r.Status, r.Error
			}
		})
	}
	wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newest = newest
	if len(newest) == 0 {
		return out
	}
	for _, v := range newest {
		out.Value += v / float64(len(newest))
	}
	out.Outcome, out.Status, out.Error = probe.Answered, 200, ""
	return out
}

// follow keeps what known addresses have measured.
func (c *CPU) follow(addresses []string) (map[string]*cpu.Nodes, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := map[string]*cpu.Nodes{}
	for _, a := range addresses {
		n, ok := c.nodes[a]
		if !ok {
			var err error
			n, err = cpu.NewNodes(cpu.NodesOptions{Signal: cpu.CPU, URLs: []string{"http://" + a}, Timeout: cpuTimeout})
			if err != nil {
				return nil, err
			}
		}
		nodes[a] = n
	}
	c.nodes = nodes
	return nodes, nil
}
