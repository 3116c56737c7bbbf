package starter

import (
	"cmp"
	"strings"
)

// Commands say what became of the commands of the first autoscaler, whose settings FromINI reads.
func Commands() []Conversion {
	return []Conversion{
		{"autoscaler init", "replaced by autoscalebot init"},
		{"autoscaler master", "not needed: servers do not talk to each other, one bot decides for all"},
		{"autoscaler daemon", "replaced by a node_exporter on each server (docs/pools/cpu.md); the bot asks for " +
			"what top told"},
		{"autoscaler add-host", "not needed: the bot puts each server behind HAProxy when it is healthy, and takes " +
			"it out before it goes"},
		{"autoscaler generate", "not needed: the bot writes the configuration, has haproxy look at it, and reloads"},
	}
}

// file adds what the first autoscaler did without being told, a server above 50 % of the processors, and what it had
// not: a maximum and a way down.
func (s *seed) file() File {
	line := func(name, usual, note string) Line {
		l := Line{Name: name, Value: usual, Note: cmp.Or(s.notes[name], note)}
		if v := s.lines[name]; v != "" {
			l.Value, l.Note = v, strings.TrimPrefix(l.Note, "CHANGE: ")
			if n := s.notes[name]; n != "" {
				l.Note = n
			}
		}
		return l
	}
	given := func(lines []Line, names ...string) []Line {
		for _, name := range names {
			if v := s.lines[name]; v != "" {
				lines = append(lines, Line{Name: name, Value: v})
			}
		}
		return lines
	}
	app := []Line{
		{Name: "PLATFORM", Value: "pool"},
		{Name: "POOL_PROVIDER", Value: "command"},
		{Name: "POOL_BALANCER", Value: "haproxy-file"},
		{
			Name: "POOL_NAME", Value: "web",
			Note: "CHANGE: The pool's name: its servers have a tag with it, and names that begin with it. Each pool " +
				"needs one of its own.",
		},
		line("POOL_LIST_COMMAND", "./list.sh", "CHANGE: Prints the pool's servers as JSON (docs/pools/command.md)."),
		line("POOL_CREATE_COMMAND", "./create.sh",
			"CHANGE: Has the server $SERVER_NAME made, with a tag of the pool $POOL_NAME."),
		line("POOL_DESTROY_COMMAND", "./destroy.sh", "CHANGE: Ends the server $SERVER_ID."),
	}
	if s.Secrets {
		app = given(app, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
	}
	app = given(app, "COMMAND_ENV")
	haproxy := given(nil, "HAPROXY_HOSTS", "SSH_KEY_FILE", "SSH_KNOWN_HOSTS_FILE")
	if s.lines["HAPROXY_HOSTS"] != "" && s.lines["SSH_KEY_FILE"] == "" {
		haproxy = append(haproxy, Line{
			Name: "SSH_KEY_FILE", Value: s.home("~/.ssh/id_ed25519"),
			Note: "CHANGE: The private key with which the bot goes to these machines.",
		})
	}
	haproxy = append(haproxy,
		Line{
			Name: "HAPROXY_TEMPLATE", Value: "/etc/autoscaler/haproxy.cfg",
			Note: "The file here that HAProxy's configuration is made from, with a line $SERVERS where the " +
				"servers' lines go.",
		},
		Line{Name: "HAPROXY_CONFIG", Value: "/etc/haproxy/haproxy.cfg"},
		line("HAPROXY_SERVER_LINE", "server $NAME $IP:$PORT check", ""),
		Line{Name: "HAPROXY_SUDO", Value: "sudo -n", Off: true},
	)
	sections := []Section{
		{"The app", app},
		{"HAProxy", haproxy},
		{"The servers", []Line{
			line("SERVER_PORT", "80", ""),
			{Name: "HEALTH_CHECK_PATH", Value: "/"},
		}},
		{"When", []Line{
			{
				Name: "SIGNALS", Value: "pool_cpu=nodes+pool://:9100#cpu",
				Note: "How busy the processors are, by the node_exporter on each server (docs/pools/cpu.md).",
			},
			{
				Name: "RULES", Value: "pool_cpu max=50 min=20",
				Note: "Add a server above 50 % on average, as before, and remove one below 20 %.",
			},
			{
				Name: "HEARTBEAT_URL", Value: "none",
				Note: "CHANGE: Better than by processors alone the bot goes by how fast the app answers as well: " +
					"write the URL of a page of it. none = no heartbeat.",
			},
			{Name: "COOLDOWN_UP_IN_SECONDS", Value: "120"},
			{Name: "COOLDOWN_DOWN_IN_SECONDS", Value: "300"},
		}},
	}
	for _, u := range usual() {
		if u.Title != "When" {
			sections = append(sections, u)
		}
	}
	return File{
		Head:     append(head(), "It was made of an autoscaler.ini, whose limits were none: look at MAX_DYNOS."),
		Sections: sections,
	}
}
