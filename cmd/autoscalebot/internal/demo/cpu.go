package demo

import (
	"context"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

const cpuTimeout = 500 * time.Millisecond // for all servers, asked in parallel

// A CPU is the mean CPU use of a pool's servers in rotation. A new server counts from its second reading. A [cpu.Fleet]
// does not work here: it identifies servers by their hosts, and these share one.
type CPU struct {
	addresses func() []string

	mu     sync.Mutex
	nodes  map[string]*cpu.Nodes
	newest map[string]float64
}

var _ probe.Prober = (*CPU)(nil)

// NewCPU returns the signal of the servers at the addresses that the function returns at each reading, such as
// "127.0.0.1:43210".
func NewCPU(addresses func() []string) *CPU {
	return &CPU{addresses: addresses, nodes: map[string]*cpu.Nodes{}}
}

// Of returns the last known CPU use of the server at an address, in percent.
func (c *CPU) Of(address string) (percent float64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	percent, ok = c.newest[address]
	return percent, ok
}

// Probe reads all servers in parallel.
func (c *CPU) Probe(ctx context.Context) probe.Reading {
	out := probe.Reading{
		Signal: string(cpu.CPU), Time: time.Now(), Unit: "%", Outcome: probe.Unreachable,
		Error: "no server is in rotation",
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

// A known address keeps its prober, whose last counters the next reading needs.
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
