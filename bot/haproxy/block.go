package haproxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

const (
	blockMark  = "# autoscalebot: the servers, " // the rest of the line may differ between versions
	blockBegin = blockMark + "rewritten at each change"
	blockEnd   = "# autoscalebot: end of the servers"
	serversTag = "$SERVERS"
	drainMark  = " weight 0"
)

const maxConfig = 2 << 20 // bytes of a template or a configuration

type entry struct {
	name   string
	host   string
	port   int // 0 if the line has no port
	drains bool
}

func (e entry) address() string {
	if e.port == 0 {
		return e.host
	}
	return net.JoinHostPort(e.host, strconv.Itoa(e.port))
}

func isBegin(line string) bool { return strings.HasPrefix(line, blockMark) }

func readTemplate(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read the template of HAProxy's configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the template of HAProxy's configuration: %w", err)
	case len(text) > maxConfig:
		return "", fmt.Errorf("the template %s is longer than %d MB", file, maxConfig>>20)
	}
	if _, err := render(string(text), "", nil); err != nil {
		return "", fmt.Errorf("the template %s: %w", file, err)
	}
	return string(text), nil
}

// Each line that is $SERVERS keeps its indentation.
func render(template, line string, entries []entry) (string, error) {
	var out strings.Builder
	found := false
	for l := range strings.Lines(template) {
		word := strings.TrimSpace(l)
		switch {
		case isBegin(word) || word == blockEnd:
			return "", fmt.Errorf("the line %q comes from a configuration that the bot wrote: replace that "+
				"part with a "+
				"line %s", word, serversTag)
		case word != serversTag:
			out.WriteString(l)
			continue
		}
		found = true
		indent, _, _ := strings.Cut(l, serversTag)
		out.WriteString(indent + blockBegin + "\n")
		for _, e := range entries {
			if e.port == 0 && strings.Contains(line, "$PORT") {
				return "", fmt.Errorf("%s has no port, but the server line contains $PORT. Set SERVER_PORT", e.name)
			}
			out.WriteString(indent + e.render(line) + "\n")
		}
		out.WriteString(indent + blockEnd + "\n")
	}
	if !found {
		return "", errors.New("the line " + serversTag + " is missing: it marks where the servers go")
	}
	return out.String(), nil
}

func (e entry) render(line string) string {
	host := e.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	line = strings.NewReplacer("$NAME", e.name, "$IP", host, "$PORT", strconv.Itoa(e.port)).Replace(line)
	if e.drains {
		line += drainMark
	}
	return line
}

// The same server may appear in several parts, for several backends.
func parseBlock(config string) (entries []entry, has bool, err error) {
	within := false
	seen := map[string]bool{}
	for l := range strings.Lines(config) {
		word := strings.TrimSpace(l)
		switch {
		case isBegin(word) && within, word == blockEnd && !within:
			return nil, false, errors.New("the marks around the servers are out of order. Restore the file, or " +
				"delete the " +
				"part between the marks")
		case isBegin(word):
			within, has = true, true
		case word == blockEnd:
			within = false
		case within && word != "":
			e, err := parseEntry(word)
			if err != nil {
				return nil, false, err
			}
			if !seen[e.name] {
				entries = append(entries, e)
			}
			seen[e.name] = true
		}
	}
	if within {
		return nil, false, fmt.Errorf("the line %q is missing", blockEnd)
	}
	return entries, has, nil
}

func parseEntry(line string) (entry, error) {
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "server" {
		return entry{}, fmt.Errorf("unexpected line %q among the servers that the bot wrote", cut(line, maxSaid))
	}
	if err := checkName("a server", words[1]); err != nil {
		return entry{}, err
	}
	e := entry{name: words[1], drains: len(words) > 4 && strings.HasSuffix(" "+strings.Join(words[3:], " "), drainMark)}
	host, port, err := hostPort(words[2], 1)
	if err != nil {
		return entry{}, err
	}
	e.host, e.port = host, port
	if _, _, err := net.SplitHostPort(words[2]); err != nil {
		e.port = 0
	}
	return e, nil
}
