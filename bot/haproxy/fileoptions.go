package haproxy

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

// FileOptions are what [NewFile] needs.
type FileOptions struct {
	// Config is the path of HAProxy's configuration on each host, which is written.
	Config string
	// Template is the path of the file, on this machine, that the configuration is made of: all of it, with a line
	// $SERVERS where the servers' lines go. It is read at each change.
	Template string
	// ServerLine is one server's line: server $NAME $IP and what else HAProxy takes there; $PORT is the port of the
	// server's address, or Port where that has none. Empty is server $NAME $IP:$PORT check.
	ServerLine string
	// Port is where a server takes requests whose address has no port of its own. 0 where all have one, or the line has
	// no $PORT.
	Port int
	// Hosts are the machines with HAProxy. Empty is this machine.
	Hosts []remote.Machine
	// CheckCommand says by its status whether a configuration is right: $FILE in it is the configuration's path, which
	// stands at its end where there is no $FILE. Empty is haproxy -c -f.
	CheckCommand string
	// ReloadCommand has HAProxy go over to the configuration without losing a request. Empty is systemctl reload
	// haproxy.
	ReloadCommand string
	// ReloadEvery is the least time between two reloads of one host. A HAProxy that is being reloaded by a signal
	// overhears the next one (2.6 does, for a fifth of a second or longer), and would go on with the file before. 0 is
	// 2 s, and negative is none, for a reload command that returns when HAProxy has gone over.
	ReloadEvery time.Duration
	// Sudo stands before each command, where the user may not do all this: sudo -n. Empty for nothing.
	Sudo string
	// Timeout bounds each step on each host. 0 is 30 s.
	Timeout time.Duration
}

// What is used where an option is empty.
const (
	DefaultServerLine    = "server $NAME $IP:$PORT check"
	DefaultCheckCommand  = "haproxy -c -f"
	DefaultReloadCommand = "systemctl reload haproxy"
	defaultStep          = 30 * time.Second
	defaultEvery         = 2 * time.Second
)

// NewFile checks the options, all of them, and reads the template. It connects nowhere yet.
func NewFile(o FileOptions) (*File, error) {
	o.ServerLine = strings.Join(strings.Fields(or(o.ServerLine, DefaultServerLine)), " ")
	o.CheckCommand = or(o.CheckCommand, DefaultCheckCommand)
	o.ReloadCommand = or(o.ReloadCommand, DefaultReloadCommand)
	if o.Timeout <= 0 {
		o.Timeout = defaultStep
	}
	if o.ReloadEvery == 0 {
		o.ReloadEvery = defaultEvery
	}
	if len(o.Hosts) == 0 {
		o.Hosts = []remote.Machine{remote.ThisMachine()}
	}
	var wrong []error
	if !path.IsAbs(o.Config) || strings.ContainsAny(o.Config, "\n\r\x00") {
		wrong = append(wrong, fmt.Errorf("the path of HAProxy's configuration is %q; it is a whole path, such as "+
			"/etc/haproxy/haproxy.cfg", o.Config))
	}
	if err := checkLine(o.ServerLine); err != nil {
		wrong = append(wrong, err)
	}
	if o.Port < 0 || o.Port > 65535 {
		wrong = append(wrong, fmt.Errorf("the servers' port is %d; a port is 1 to 65535", o.Port))
	}
	if _, err := readTemplate(o.Template); err != nil {
		wrong = append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	if !strings.Contains(o.CheckCommand, "$FILE") {
		o.CheckCommand += " $FILE"
	}
	f := &File{o: o, turn: make(chan struct{}, 1)}
	for _, m := range o.Hosts {
		f.hosts = append(f.hosts, &host{machine: m, o: &f.o})
	}
	return f, nil
}

func checkLine(line string) error {
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "server" || words[1] != "$NAME" || words[2] != "$IP" &&
		!strings.HasPrefix(words[2], "$IP:") {
		return fmt.Errorf("the server line is %q; it begins with: server $NAME $IP", cut(line, maxSaid))
	}
	rest := strings.NewReplacer("$NAME", "", "$IP", "", "$PORT", "").Replace(line)
	if strings.Contains(rest, "$") {
		return fmt.Errorf("the server line is %q; what begins with $ there is $NAME, $IP or $PORT", cut(line, maxSaid))
	}
	if strings.HasSuffix(line, drainMark) {
		return fmt.Errorf("the server line ends with %q, which is how a server that drains is told", drainMark)
	}
	return checkOptions(rest)
}

func or(s, empty string) string {
	if strings.TrimSpace(s) == "" {
		return empty
	}
	return s
}
