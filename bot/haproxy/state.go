package haproxy

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

type server struct {
	name    string
	host    string // the IP address, or the host name if it is unknown
	port    int
	op      int // opStopped and the following constants
	admin   int // bits
	weight  int
	check   int // bits
	agent   int // bits
	checked int // result of the last check
}

// From HAProxy's management guide, `show servers state`, format 1. State files contain these values, so they are
// stable.
const (
	opStopped, opStopping = 0, 3

	adminMaint  = 0x01 | 0x02 | 0x20 // forced, inherited, or without an IP address
	adminSlot   = 0x04               // disabled in the configuration
	adminDrain  = 0x08 | 0x10        // forced or inherited
	checkSet    = 0x02
	checkOn     = 0x04
	checkFailed = 2
)

func (s server) address() string {
	if s.host == "" {
		return ""
	}
	return net.JoinHostPort(s.host, strconv.Itoa(s.port))
}

func (s server) maint() bool { return s.admin&adminMaint != 0 }

// The configuration creates a slot, empty, to be filled.
func (s server) slot() bool { return s.admin&adminSlot != 0 }

// Columns may come in any order.
func parseState(answer, backend string) (map[string]server, error) {
	lines := strings.Split(strings.TrimSpace(answer), "\n")
	if len(lines) < 2 || strings.TrimSpace(lines[0]) != "1" || !strings.HasPrefix(lines[1], "# ") {
		return nil, fmt.Errorf("the answer %q is not a server state in format 1", cut(answer, maxSaid))
	}
	column := map[string]int{}
	for i, name := range strings.Fields(lines[1][1:]) {
		column[name] = i
	}
	for _, name := range []string{
		"be_name", "srv_name", "srv_addr", "srv_op_state", "srv_admin_state", "srv_uweight",
		"srv_check_result", "srv_check_state", "srv_agent_state", "srv_fqdn", "srv_port",
	} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("the server state has no column %s", name)
		}
	}
	all := map[string]server{}
	for _, line := range lines[2:] {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		var bad error
		text := func(name string) string {
			if i := column[name]; i < len(fields) {
				return fields[i]
			}
			bad = fmt.Errorf("the server state has a line without %s: %q", name, cut(line, maxSaid))
			return ""
		}
		number := func(name string) int {
			n, err := strconv.Atoi(text(name))
			if err != nil && bad == nil {
				bad = fmt.Errorf("the server state has a %s that is not a number: %q", name, cut(line, maxSaid))
			}
			return n
		}
		s := server{
			name: text("srv_name"), host: text("srv_addr"), port: number("srv_port"),
			op: number("srv_op_state"), admin: number("srv_admin_state"), weight: number("srv_uweight"),
			check: number("srv_check_state"), agent: number("srv_agent_state"), checked: number("srv_check_result"),
		}
		if s.host == "-" {
			s.host = strings.TrimPrefix(text("srv_fqdn"), "-")
		}
		if bad != nil {
			return nil, bad
		}
		if text("be_name") == backend {
			all[s.name] = s
		}
	}
	return all, nil
}
