package settings

import "strings"

// HAProxy configures HAProxy as a pool's balancer.
type HAProxy struct {
	HAProxySockets       List `envconfig:"HAPROXY_SOCKETS" desc:"''haproxy'': stats socket of each HAProxy (''level admin''), as a list: ''/run/haproxy/admin.sock'' or ''tcp://host:port''."`
	HAProxyBackend       Text `envconfig:"HAPROXY_BACKEND" desc:"''haproxy'': the backend to which the bot adds servers."`
	HAProxyServerOptions Text `envconfig:"HAPROXY_SERVER_OPTIONS" default:"check" desc:"''haproxy'': options of each server, after its address, such as ''check inter 2s maxconn 100''."`
	HAProxyConfig        Text `envconfig:"HAPROXY_CONFIG" default:"/etc/haproxy/haproxy.cfg" desc:"''haproxy-file'': the configuration file that the bot writes on each host."`
	HAProxyTemplate      Text `envconfig:"HAPROXY_TEMPLATE" desc:"''haproxy-file'': the local template of that file, with the line ''$SERVERS'' for the servers."`
	HAProxyServerLine    Text `envconfig:"HAPROXY_SERVER_LINE" default:"server $NAME $IP:$PORT check" desc:"''haproxy-file'': the line of one server, with ''$NAME'', ''$IP'' and ''$PORT''."`
	HAProxyHosts         List `envconfig:"HAPROXY_HOSTS" desc:"''haproxy-file'': hosts of HAProxy, as a list of ''user@host'' or ''user@host:port''; empty = this machine."`
	HAProxyCheckCommand  Text `envconfig:"HAPROXY_CHECK_COMMAND" default:"haproxy -c -f $FILE" desc:"''haproxy-file'': command that checks a new configuration, with its path as ''$FILE''."`
	HAProxyReloadCommand Text `envconfig:"HAPROXY_RELOAD_COMMAND" default:"systemctl reload haproxy" desc:"''haproxy-file'': command that makes HAProxy use the new configuration."`
	HAProxySudo          Text `envconfig:"HAPROXY_SUDO" desc:"''haproxy-file'': prefix of the commands that write, check and reload, such as ''sudo -n''."`
}

func (ps *Problems) checkHAProxy(s *Settings) {
	ps.need("HAPROXY_SOCKETS", strings.Join(s.HAProxySockets, ","),
		"set the socket of each HAProxy, such as /run/haproxy/admin.sock")
	ps.need("HAPROXY_BACKEND", string(s.HAProxyBackend), "set the name of the backend in HAProxy's configuration")
}

func (ps *Problems) checkHAProxyFile(s *Settings) {
	ps.need("HAPROXY_TEMPLATE", string(s.HAProxyTemplate),
		"set the template of HAProxy's configuration, with the line $SERVERS")
	ps.readable("HAPROXY_TEMPLATE", s.HAProxyTemplate)
	if len(s.HAProxyHosts) > 0 && s.SSHAgent == "" {
		ps.need("SSH_KEY_FILE", string(s.SSHKeyFile), "set a private key that may log in to HAPROXY_HOSTS")
	}
	ps.checkSSH(s)
}
