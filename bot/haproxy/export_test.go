package haproxy

import "github.com/autoscalebot/autoscalebot/bot/pool"

// Parse reads what the Runtime API answers, as Members does.
func Parse(state, stats, backend string) ([]pool.Member, error) {
	servers, err := parseState(state, backend)
	if err != nil {
		return nil, err
	}
	all, err := parseStat(stats, backend)
	if err != nil {
		return nil, err
	}
	return merge([]string{"one"}, [][]pool.Member{listMembers(servers, all)}), nil
}

// Entry is a server's line.
type Entry struct {
	Name, Address string
	Drains        bool
}

// ParseBlock reads the servers of a configuration.
func ParseBlock(config string) ([]Entry, error) {
	entries, _, err := parseBlock(config)
	var all []Entry
	for _, e := range entries {
		all = append(all, Entry{e.name, e.address(), e.drains})
	}
	return all, err
}

// Rewrite reads the servers of a configuration and writes them into a template.
func Rewrite(config, template, line string) (string, error) {
	entries, _, err := parseBlock(config)
	if err != nil {
		return "", err
	}
	return render(template, line, entries)
}
