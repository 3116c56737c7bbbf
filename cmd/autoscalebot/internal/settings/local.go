package settings

import "net"

// Local configures processes on this machine.
type Local struct {
	LocalCommand Text `envconfig:"LOCAL_COMMAND" desc:"Local: command of one process, listening on ''$PORT''; default: the process type's line in ''./Procfile''."`
	LocalAddr    Text `envconfig:"LOCAL_ADDR" default:"127.0.0.1:5000" desc:"Local: address of the router."`
}

func (ps *Problems) checkLocal(s *Settings) {
	if _, _, err := net.SplitHostPort(string(s.LocalAddr)); err != nil {
		ps.add("LOCAL_ADDR", "%q: must be host:port, such as 127.0.0.1:5000", s.LocalAddr)
	}
}
