package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/cpu"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
	"github.com/autoscalebot/autoscalebot/probe/otlp"
	"github.com/autoscalebot/autoscalebot/probe/redis"
)

// A Signal is a source of readings: where it is asked for, and what. It may hold a password, and is never shown.
type Signal struct {
	// Name is what rules call it.
	Name string
	// Kind is the way it is read: the URL's scheme, without what says that HTTP is meant: "redis", "json", "push".
	Kind string
	// URL is where it is, of the scheme that the source itself wants; "" where a kind needs none.
	URL string
	// What is asked for there: queues, a query, a path.
	What string
	// Options are more that the kind wants to know.
	Options map[string]string

	left []string // parameters of the URL that mean nothing
}

// Signals are written with a semicolon or a line's end between them, each as NAME=URL#WHAT, where options may stand
// behind the name: "queue=redis://:password@host:6379/0#queue:default;
// jobs[unit=jobs]=json+https://host/stats#queues.mail".
type Signals []Signal

var kinds = map[string]struct {
	http    bool
	pool    bool   // it may be each server of the pool, by pool:// and pools:// for http and https
	many    bool   // several hosts may be named, with commas between
	inside  bool   // it comes to the bot, and has no URL
	local   bool   // it has a path on this machine instead of a host
	names   bool   // what is asked for are names, with commas between
	redis   bool   // its URL is one of Redis
	what    string // what is asked for, as an error says it
	options []string
}{
	"redis": {
		redis: true, names: true, what: "a queue's key, or several with commas between",
		options: []string{"group", "tls"},
	},
	"rediss": {
		redis: true, names: true, what: "a queue's key, or several with commas between",
		options: []string{"group", "tls"},
	},
	"unix": {
		redis: true, names: true, local: true, what: "a queue's key, or several with commas between",
		options: []string{"group"},
	},
	"postgres": {what: "a query that gives one number"},
	"rabbitmq": {
		names: true, http: true, what: "a queue's name, or several with commas between",
		options: []string{"count"},
	},
	"prometheus": {http: true, what: "a PromQL query", options: []string{"combine", "token"}},
	"logcache":   {inside: true, what: "the name of a metric that the app sends to Log Cache"},
	"metric":     {inside: true, what: "the name of a metric of the app's own"},
	"push":       {inside: true, what: "the name of a metric that is pushed"},
	"otlp":       {inside: true, what: "the name of an OpenTelemetry metric", options: []string{"take"}},
	"nodes": {
		http: true, pool: true, many: true, what: "cpu or memory",
		options: []string{"percentile", "may_miss", "via"},
	},
	"json": {http: true, what: "the path of a number in the answer", options: []string{"combine", "token"}},
}

const signalKinds = "redis://, rediss://, postgres://, rabbitmq+https://, prometheus+https://, json+https:// (or " +
	"+http://), nodes+http://, nodes+pool://, push:NAME, logcache:NAME, metric:NAME and otlp:METRIC"

var (
	signalName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)
	// login matches what is asked for where it is the rest of a URL whose password has a # in it.
	login = regexp.MustCompile(`^[^\s#"'(]*@[^\s#]+#`)
	// begins is where a signal begins in a text of several: what stands between may hold semicolons of its own. One of
	// a scheme that is not known begins there too, so that it is refused instead of being a part of the signal before.
	begins = regexp.MustCompile(`(?:^|[;\n])\s*([A-Za-z0-9_.-]+)\s*(\[[^\]\n]*\])?\s*=\s*(?:[A-Za-z][A-Za-z0-9+.-]*://|[a-z]+(?:\+(?:https?|pools?))?:)`)
)

// Decode reads signals. Its error tells all that is wrong, one a line, and shows nothing but names.
func (ss *Signals) Decode(s string) error {
	var out Signals
	var wrong []error
	for i, text := range cut(s) {
		sig, problems := parseSignal(text)
		name := sig.Name
		if name == "" {
			name = fmt.Sprintf("number %d", i+1)
		}
		if _, twice := out.Find(sig.Name); twice {
			problems = append(problems, "there are two of that name")
		}
		for _, what := range problems {
			wrong = append(wrong, fmt.Errorf("%s: %s", name, what))
		}
		out = append(out, sig)
	}
	*ss = out
	return errors.Join(wrong...)
}

func cut(s string) []string {
	var out []string
	at := begins.FindAllStringIndex(s, -1)
	if len(at) == 0 || strings.TrimSpace(s[:at[0][0]]) != "" {
		at = append([][]int{{0, 0}}, at...) // which is no signal, and is told so
	}
	for i, from := range at {
		to := len(s)
		if i+1 < len(at) {
			to = at[i+1][0]
		}
		if text := strings.Trim(s[from[0]:to], "; \t\r\n"); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func parseSignal(text string) (Signal, []string) {
	head, rest, ok := strings.Cut(text, "=")
	if i := strings.IndexByte(text, ']'); strings.Contains(head, "[") && i >= 0 {
		head = text[:i+1]
		rest, ok = strings.CutPrefix(strings.TrimSpace(text[i+1:]), "=")
	}
	name, options, _ := strings.Cut(strings.TrimSpace(head), "[")
	s := Signal{Name: strings.TrimSpace(name), Options: map[string]string{}}
	if !ok || !signalName.MatchString(s.Name) {
		s.Name = ""
		return s, []string{"write NAME=URL, with a name of small letters, digits and _ . - such as queue"}
	}
	var wrong []string
	for option := range strings.FieldsFuncSeq(strings.TrimSuffix(options, "]"), func(r rune) bool { return r == ',' }) {
		key, value, ok := strings.Cut(strings.TrimSpace(option), "=")
		if !ok || value == "" {
			wrong = append(wrong, "an option is not key=value")
			continue
		}
		s.Options[key] = value
	}
	return s.locate(strings.TrimSpace(rest), wrong)
}

func (s Signal) locate(text string, wrong []string) (Signal, []string) {
	at, what, asks := strings.Cut(text, "#")
	if !strings.Contains(at, "@") && login.MatchString(what) {
		return s, append(wrong, "has a # in its user or password, it seems; write %23")
	}
	if _, ok := cutPostgres(at); ok {
		d, err := readDatabaseURL(at)
		if err != nil {
			wrong = append(wrong, strings.Split(err.Error(), "\n")...)
		}
		at, s.left = d.url, d.left
	}
	scheme, rest, instead := cutScheme(at)
	if instead != "" {
		return s, append(wrong, instead)
	}
	at = scheme + ":" + rest
	kind, transport, http := strings.Cut(scheme, "+")
	k, ok := kinds[kind]
	pooled := k.pool && (transport == "pool" || transport == "pools")
	switch {
	case !ok:
		return s, append(wrong, "begins with none of "+signalKinds)
	case k.http && transport != "http" && transport != "https" && !pooled, !k.http && http:
		return s, append(wrong, fmt.Sprintf("write %s", schemes(kind, k.http)))
	case k.inside:
		s.Kind, s.What = kind, strings.TrimSpace(strings.TrimPrefix(text, kind+":"))
		if s.What == "" {
			wrong = append(wrong, "write "+kind+": and "+k.what)
		}
		return s, s.known(wrong)
	case k.http:
		at = transport + ":" + rest
	}
	s.Kind, s.URL, s.What = kind, at, strings.TrimSpace(what)
	if !k.local && !isURL(at, k.many) {
		wrong = append(wrong, "is no URL with a host; a special character in a password is written %XX")
	}
	if !asks || s.What == "" {
		wrong = append(wrong, "write # and "+k.what+" behind the URL")
	}
	if k.names && s.What != "" {
		switch names, err := SplitNames(s.What); {
		case err != nil:
			wrong = append(wrong, err.Error())
		case len(names) == 0:
			wrong = append(wrong, "write "+k.what+" behind the #")
		case twice(names) != "":
			wrong = append(wrong, "names "+twice(names)+" are the same queue, which would count twice; leave one out")
		}
	}
	if len(wrong) == 0 && k.redis {
		wrong = append(wrong, badRedis(at)...)
	}
	return s, s.known(wrong)
}

// A Redis' URL may hold more than others that means something or nothing.
func badRedis(text string) []string {
	_, err := redis.New(redis.Options{URL: text, Keys: []string{"any"}, Timeout: time.Second})
	if err == nil {
		return nil
	}
	return strings.Split(strings.TrimPrefix(err.Error(), "redis signal: "), "\n")
}

func isURL(text string, many bool) bool {
	hosts := []string{text}
	if many {
		hosts = strings.Split(text, ",")
	}
	for i, h := range hosts {
		if i > 0 {
			h = "http://" + h
		}
		if u, err := url.Parse(h); err != nil || u.Host == "" && u.Query().Get("host") == "" {
			return false
		}
	}
	return true
}

func (s Signal) known(wrong []string) []string {
	options := append([]string{"unit"}, kinds[s.Kind].options...)
	for _, key := range slices.Sorted(maps.Keys(s.Options)) {
		if !slices.Contains(options, key) { // whose name is not told, since it may be a part of a secret
			wrong = append(wrong, fmt.Sprintf("%s has no such option; there are %s", s.Kind,
				strings.Join(options, ", ")))
		}
	}
	return wrong
}

func schemes(kind string, http bool) string {
	if http {
		return kind + "+https:// or " + kind + "+http://"
	}
	return kind + "://"
}

// Find returns the signal of a name.
func (ss Signals) Find(name string) (Signal, bool) {
	i := slices.IndexFunc(ss, func(s Signal) bool { return s.Name == name })
	if i < 0 {
		return Signal{}, false
	}
	return ss[i], true
}

// Pooled says that the signal is read of each server of the pool, whoever they are.
func (s Signal) Pooled() bool { return strings.HasPrefix(s.URL, "pool") }

// Desired says that the signal is the number of dynos that the app itself wants.
func (s Signal) Desired() bool { return s.Kind == "json" && strings.HasPrefix(s.What, "!") }

// Names lists their names.
func (ss Signals) Names() []string {
	out := make([]string, len(ss))
	for i, s := range ss {
		out[i] = s.Name
	}
	return out
}

// String tells the names, and hides the rest.
func (ss Signals) String() string { return strings.Join(ss.Names(), ", ") }

// GoString hides what may be secret from %#v.
func (ss Signals) GoString() string { return ss.String() }

// String tells the name, and hides the rest.
func (s Signal) String() string { return s.Name }

// GoString hides what may be secret from %#v.
func (s Signal) GoString() string { return s.Name }

// MarshalJSON hides what may be secret from JSON.
func (s Signal) MarshalJSON() ([]byte, error) { return json.Marshal(s.Name) }

// LogValue hides what may be secret from logs.
func (ss Signals) LogValue() slog.Value { return slog.StringValue(ss.String()) }

func (s *Settings) builtIn() []string {
	names := []string{string(cpu.CPU), string(cpu.Memory)}
	if s.Metered() {
		names = nil // those two are the app's then
		for _, sig := range logcache.Signals() {
			names = append(names, string(sig))
		}
	}
	if s.TakesLogDrain() {
		for _, sig := range logdrain.Signals() {
			names = append(names, string(sig))
		}
	}
	if s.TakesOTLP() {
		for _, sig := range otlp.Signals() {
			names = append(names, string(sig))
		}
	}
	return names
}

// BuiltIn says whether a signal needs no line in SIGNALS.
func (s *Settings) BuiltIn(name string) bool { return slices.Contains(s.builtIn(), name) }

func (s *Settings) knownSignals() []string { return append(s.Signals.Names(), s.builtIn()...) }
