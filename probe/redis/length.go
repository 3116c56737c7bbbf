package redis

import "fmt"

// "" for a type without a length.
func lengthCommand(kind string) string {
	switch kind {
	case "list":
		return "LLEN"
	case "stream":
		return "XLEN"
	case "zset":
		return "ZCARD"
	case "set":
		return "SCARD"
	}
	return ""
}

func (p *Prober) sum(w *wire) (int64, error) {
	kinds, err := p.kinds(w)
	if err != nil {
		return 0, err
	}
	var sum int64
	for i, key := range p.keys {
		n, err := p.length(w, key, kinds[i])
		if err != nil {
			return 0, err
		}
		if n < 0 || n > 1<<53 { // the largest exact float64
			return 0, errProtocol
		}
		sum += n
	}
	return sum, nil
}

func (p *Prober) kinds(w *wire) ([]string, error) {
	for _, key := range p.keys {
		w.say("TYPE", key)
	}
	kinds := make([]string, len(p.keys))
	for i := range kinds {
		answer, err := w.hear()
		if err != nil {
			return nil, err
		}
		kind, ok := answer.(string)
		if !ok {
			return nil, errProtocol
		}
		kinds[i] = kind
	}
	return kinds, nil
}

func (p *Prober) length(w *wire, key, kind string) (int64, error) {
	switch {
	case kind == "none":
		return 0, nil
	case kind == "stream" && p.group != "":
		return p.backlog(w, key)
	case lengthCommand(kind) == "":
		return 0, noQueue(fmt.Sprintf("the key %.100q has the type %.20q: must be a list, a stream, a set or "+
			"a sorted set", key, kind))
	}
	w.say(lengthCommand(kind), key)
	return w.number()
}

// The entries that the group has not acknowledged.
func (p *Prober) backlog(w *wire, key string) (int64, error) {
	w.say("XINFO", "GROUPS", key)
	answer, err := w.hear()
	if err != nil {
		return 0, err
	}
	groups, _ := answer.([]any)
	for _, g := range groups {
		fields := map[any]any{}
		pairs, _ := g.([]any)
		for i := 0; i+1 < len(pairs); i += 2 {
			if name, ok := pairs[i].(string); ok {
				fields[name] = pairs[i+1]
			}
		}
		if fields["name"] != p.group {
			continue
		}
		pending, ok := fields["pending"].(int64)
		lag, known := fields["lag"].(int64)
		if !ok || !known {
			return 0, unknownLag(fmt.Sprintf("the server does not know how much of the stream %.100q is left for the "+
				"group %.100q: "+
				"it is older than Redis 7.0, or entries were deleted", key, p.group))
		}
		return pending + lag, nil
	}
	return 0, noQueue(fmt.Sprintf("the stream %.100q has no consumer group %.100q", key, p.group))
}
