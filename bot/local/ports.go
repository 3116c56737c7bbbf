package local

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// Never gives a port to two processes at the same time.
type ports struct {
	find func() (int, error)

	mu    sync.Mutex
	given map[int]struct{}
}

func newPorts() *ports { return &ports{find: freePort, given: map[int]struct{}{}} }

// Another program may still take it first.
func (p *ports) take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 100 {
		port, err := p.find()
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		if _, ok := p.given[port]; !ok {
			p.given[port] = struct{}{}
			return port, nil
		}
	}
	return 0, errors.New("find a free port: the system offers only ports in use")
}

func (p *ports) giveBack(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.given, port)
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

func portTaken(port int) bool {
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	_ = ln.Close()
	return false
}
