package haproxy

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

// FileOptions configure [NewFile].
type FileOptions struct {
	// Config is the absolute path of HAProxy's configuration on each host. The bot writes it.
	Config string
	// Template is the path of a file on this machine: the whole configuration, with a line $SERVERS in place of the
	// servers' lines. It is read at each change.
	Template string
	// ServerLine is the line for one server. It begins with "server $NAME $IP". $PORT is the port of the server's
	// address, or else Port. Empty means "server $NAME $IP:$PORT check".
	ServerLine string
	// Port for servers whose address has no port; 0 = none.
	Port int
	// Hosts are the machines that run HAProxy. Empty means this machine.
	Hosts []remote.Machine
	// CheckCommand checks a configuration and reports by its exit status. $FILE is the path of the configuration,
	// appended if absent. Empty means "haproxy -c -f".
	CheckCommand string
	// ReloadCommand reloads HAProxy without losing requests. Empty means "systemctl reload haproxy".
	ReloadCommand string
	// ReloadEvery is the minimum time between two reloads of a host. A HAProxy that is reloading after a signal misses
	// the next one (2.6 does for a fifth of a second or longer), and would keep the previous file. 0 means 2 s.
	// Negative means no wait, for reload commands that return only when the reload is complete.
	ReloadEvery time.Duration
	// Sudo prefixes each command, such as "sudo -n", if the user lacks permissions. Empty for none.
	Sudo string
	// Timeout of each step on each host; 0 means 30 s.
	Timeout time.Duration
}

// Defaults of the options.
const (
	DefaultServerLine    = "server $NAME $IP:$PORT check"
	DefaultCheckCommand  = "haproxy -c -f"
	DefaultReloadCommand = "systemctl reload haproxy"
	defaultStep          = 30 * time.Second
	defaultEvery         = 2 * time.Second
)

// NewFile checks all options and reads the template. It makes no connection.
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
		wrong = append(wrong, fmt.Errorf("invalid path of HAProxy's configuration %q: must be absolute, such as "+
			"/etc/haproxy/haproxy.cfg", o.Config))
	}
	if err := checkLine(o.ServerLine); err != nil {
		wrong = append(wrong, err)
	}
	if o.Port < 0 || o.Port > 65535 {
		wrong = append(wrong, fmt.Errorf("invalid port of the servers %d: must be 1–65535", o.Port))
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
		return fmt.Errorf("invalid server line %q: must begin with server $NAME $IP", cut(line, maxSaid))
	}
	rest := strings.NewReplacer("$NAME", "", "$IP", "", "$PORT", "").Replace(line)
	if strings.Contains(rest, "$") {
		return fmt.Errorf("invalid server line %q: the only variables are $NAME, $IP and $PORT", cut(line, maxSaid))
	}
	if strings.HasSuffix(line, drainMark) {
		return fmt.Errorf("the server line must not end with %q, which marks a draining server", drainMark)
	}
	return checkOptions(rest)
}

func or(s, empty string) string {
	if strings.TrimSpace(s) == "" {
		return empty
	}
	return s
}
