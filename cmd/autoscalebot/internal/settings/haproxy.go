package settings

import "strings"

// HAProxy are the settings of HAProxy as a pool's balancer.
type HAProxy struct {
	HAProxySockets       List `group:"HAProxy and SSH" envconfig:"HAPROXY_SOCKETS" desc:"''haproxy'': the stats sockets, as a list with one for each HAProxy, each with ''level admin'': a path such as ''/run/haproxy/admin.sock'', or ''tcp://host:port''."`
	HAProxyBackend       Text `envconfig:"HAPROXY_BACKEND" desc:"The backend that servers are put into."`
	HAProxyServerOptions Text `envconfig:"HAPROXY_SERVER_OPTIONS" default:"check" desc:"''haproxy'': what stands behind the address of each server, such as ''check inter 2s maxconn 100''."`
	HAProxyConfig        Text `envconfig:"HAPROXY_CONFIG" default:"/etc/haproxy/haproxy.cfg" desc:"''haproxy-file'': the configuration that is written, on each host."`
	HAProxyTemplate      Text `envconfig:"HAPROXY_TEMPLATE" desc:"''haproxy-file'': the file here that it is made from, with a line ''$SERVERS'' where the servers' lines go."`
	HAProxyServerLine    Text `envconfig:"HAPROXY_SERVER_LINE" default:"server $NAME $IP:$PORT check" desc:"''haproxy-file'': the line of one server, with ''$NAME'', ''$IP'' and ''$PORT''."`
	HAProxyHosts         List `envconfig:"HAPROXY_HOSTS" desc:"''haproxy-file'': where HAProxy runs, as a list of ''user@host'' or ''user@host:port'' that SSH reaches; empty = on this machine."`
	HAProxyCheckCommand  Text `envconfig:"HAPROXY_CHECK_COMMAND" default:"haproxy -c -f $FILE" desc:"''haproxy-file'': the command that looks at a new configuration before it holds, with ''$FILE'' for its path."`
	HAProxyReloadCommand Text `envconfig:"HAPROXY_RELOAD_COMMAND" default:"systemctl reload haproxy" desc:"''haproxy-file'': the command that has it take effect."`
	HAProxySudo          Text `envconfig:"HAPROXY_SUDO" desc:"''haproxy-file'': what stands before each of these commands and that which writes, such as ''sudo -n'', where the user may not do all this."`
}

func (ps *Problems) checkHAProxy(s *Settings) {
	ps.need("HAPROXY_SOCKETS", strings.Join(s.HAProxySockets, ","),
		"the socket of each HAProxy, such as /run/haproxy/admin.sock")
	ps.need("HAPROXY_BACKEND", string(s.HAProxyBackend), "the name behind the word backend in its configuration")
}

func (ps *Problems) checkHAProxyFile(s *Settings) {
	ps.need("HAPROXY_TEMPLATE", string(s.HAProxyTemplate),
		"the file that the configuration is made from, with a line $SERVERS in it")
	ps.readable("HAPROXY_TEMPLATE", s.HAProxyTemplate)
	if len(s.HAProxyHosts) > 0 && s.SSHAgent == "" {
		ps.need("SSH_KEY_FILE", string(s.SSHKeyFile), "the private key that the machines of HAPROXY_HOSTS let in")
	}
	ps.checkSSH(s)
}
