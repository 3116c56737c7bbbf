package starter

import (
	"cmp"
	"strings"
)

// Commands returns the results for the commands of the autoscaler whose settings FromINI reads.
func Commands() []Conversion {
	return []Conversion{
		{"autoscaler init", "replaced by autoscalebot init"},
		{"autoscaler master", "not needed: servers do not talk to each other, and one bot decides for all"},
		{"autoscaler daemon", "replaced by a node_exporter on each server, from which the bot reads the CPU " +
			"(docs/pools/cpu.md)"},
		{"autoscaler add-host", "not needed: the bot adds each server to HAProxy when it is healthy, and drains it " +
			"before it destroys it"},
		{"autoscaler generate", "not needed: the bot writes the configuration, checks it and reloads HAProxy"},
	}
}

// The other autoscaler always added a server above 50 % CPU, so there is a rule for it. A maximum and scale-downs,
// which it did not have, are added.
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
			Note: "CHANGE: The pool's name, which is in its servers' tags and names. Each pool needs its own.",
		},
		line("POOL_LIST_COMMAND", "./list.sh", "CHANGE: Prints the pool's servers as JSON (docs/pools/command.md)."),
		line("POOL_CREATE_COMMAND", "./create.sh",
			"CHANGE: Creates the server $SERVER_NAME, with a tag of the pool $POOL_NAME."),
		line("POOL_DESTROY_COMMAND", "./destroy.sh", "CHANGE: Destroys the server $SERVER_ID."),
	}
	if s.Secrets {
		app = given(app, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
	}
	app = given(app, "COMMAND_ENV")
	haproxy := given(nil, "HAPROXY_HOSTS", "SSH_KEY_FILE", "SSH_KNOWN_HOSTS_FILE")
	if s.lines["HAPROXY_HOSTS"] != "" && s.lines["SSH_KEY_FILE"] == "" {
		haproxy = append(haproxy, Line{
			Name: "SSH_KEY_FILE", Value: s.home("~/.ssh/id_ed25519"),
			Note: "CHANGE: A private key that may log in to these machines.",
		})
	}
	haproxy = append(haproxy,
		Line{
			Name: "HAPROXY_TEMPLATE", Value: "/etc/autoscaler/haproxy.cfg",
			Note: "The local template of HAProxy's configuration, with the line $SERVERS for the servers.",
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
		{whenToScale, []Line{
			{
				Name: "SIGNALS", Value: "pool_cpu=nodes+pool://:9100#cpu",
				Note: "The servers' CPU, read from the node_exporter on each (docs/pools/cpu.md).",
			},
			{
				Name: "RULES", Value: "pool_cpu max=50 min=20",
				Note: "Add a server if the CPU is above 50 % on average, as before. Remove one if it is below 20 %.",
			},
			{
				Name: "HEARTBEAT_URL", Value: "none",
				Note: "CHANGE: A heartbeat page shows how fast the app answers, which the CPU does not: set its URL. " +
					"none = no heartbeat.",
			},
			{Name: "COOLDOWN_UP_IN_SECONDS", Value: "120"},
			{Name: "COOLDOWN_DOWN_IN_SECONDS", Value: "300"},
		}},
	}
	for _, u := range usual() {
		if u.Title != whenToScale {
			sections = append(sections, u)
		}
	}
	return File{
		Head:     append(head(), "Converted from an autoscaler.ini, which has no limits: check MAX_DYNOS."),
		Sections: sections,
	}
}
