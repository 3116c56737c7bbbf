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
	"github.com/autoscalebot/autoscalebot/probe/jobs"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
	"github.com/autoscalebot/autoscalebot/probe/otlp"
	"github.com/autoscalebot/autoscalebot/probe/redis"
)

// A Signal is a source of readings. It may contain a password, so it prints as its name.
type Signal struct {
	// Name is the name that rules use.
	Name string
	// Kind is the URL's scheme without +http or +https: "redis", "json", "push". It is "jobs" for the queues of a job
	// runner.
	Kind string
	// Runner is the name of the job runner, and Value which of its values is read; "" for other kinds. [Signals.Find]
	// sets Value.
	Runner string
	Value  jobs.Value
	// URL is the source's URL, with the scheme that the source itself uses; "" for kinds without one.
	URL string
	// What is the part after #: queues, a query or a path.
	What string
	// Options are key=value pairs of the kind.
	Options map[string]string

	left []string // parameters of the URL that are ignored
}

// Signals are written as NAME=URL#WHAT, separated by semicolons or line breaks. Options may follow the name:
// "queue=redis://:password@host:6379/0#queue:default; jobs[unit=jobs]=json+https://host/stats#queues.mail".
type Signals []Signal

var kinds = map[string]struct {
	http    bool
	pool    bool   // pool:// and pools:// stand for all servers of the pool, by http and https
	many    bool   // several hosts, separated by commas
	inside  bool   // it has no URL: the bot receives it
	local   bool   // a path on this machine instead of a host
	names   bool   // the part after # has names, separated by commas
	redis   bool   // the URL is one of Redis
	what    string // the part after #, as errors describe it
	options []string
}{
	"redis": {
		redis: true, names: true, what: "a queue's key, or several separated by commas",
		options: []string{"group", "tls"},
	},
	"rediss": {
		redis: true, names: true, what: "a queue's key, or several separated by commas",
		options: []string{"group", "tls"},
	},
	"unix": {
		redis: true, names: true, local: true, what: "a queue's key, or several separated by commas",
		options: []string{"group"},
	},
	"postgres": {what: "a query that returns one number"},
	"rabbitmq": {
		names: true, http: true, what: "a queue's name, or several separated by commas",
		options: []string{"count"},
	},
	"prometheus": {http: true, what: "a PromQL query", options: []string{"combine", "token"}},
	"logcache":   {inside: true, what: "the name of a metric that the app sends to Log Cache"},
	"metric":     {inside: true, what: "the name of one of the app's metrics"},
	"push":       {inside: true, what: "the name of a pushed metric"},
	"otlp":       {inside: true, what: "the name of an OpenTelemetry metric", options: []string{"take"}},
	"nodes": {
		http: true, pool: true, many: true, what: "cpu or memory",
		options: []string{"percentile", "may_miss", "via"},
	},
	"json": {http: true, what: "the path of a number in the answer", options: []string{"combine", "token"}},
}

const signalKinds = "redis://, rediss://, postgres://, sidekiq+redis:// (or another job runner), rabbitmq+https://, " +
	"prometheus+https://, json+https:// (or +http://), nodes+http://, nodes+pool://, push:NAME, logcache:NAME, " +
	"metric:NAME and otlp:METRIC"

var (
	signalName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)
	// login matches the part after # if a # in the password has cut the URL there.
	login = regexp.MustCompile(`^[^\s#"'(]*@[^\s#]+#`)
	// begins matches the beginning of a signal in a text of several, whose parts may contain semicolons. It also
	// matches unknown schemes, so that they are refused instead of becoming a part of the signal before.
	begins = regexp.MustCompile(`(?:^|[;\n])\s*([A-Za-z0-9_.-]+)\s*(\[[^\]\n]*\])?\s*=\s*(?:[A-Za-z][A-Za-z0-9+._-]*://|[a-z]+(?:\+(?:https?|pools?))?:)`)
)

// Decode reads signals. Its error has all mistakes, one a line, and quotes only names.
func (ss *Signals) Decode(s string) error {
	var out Signals
	var wrong []error
	for i, text := range cut(s) {
		sig, problems := parseSignal(text)
		name := sig.Name
		if name == "" {
			name = fmt.Sprintf("number %d", i+1)
		}
		if slices.ContainsFunc(out, sig.clashes) {
			problems = append(problems, "duplicate name")
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
		at = append([][]int{{0, 0}}, at...) // it is not a signal, and reported as such
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
		return s, []string{"must be NAME=URL, with a name of lower-case letters, digits and _ . - such as queue"}
	}
	var wrong []string
	for option := range strings.FieldsFuncSeq(strings.TrimSuffix(options, "]"), func(r rune) bool { return r == ',' }) {
		key, value, ok := strings.Cut(strings.TrimSpace(option), "=")
		if !ok || value == "" {
			wrong = append(wrong, "an option must be key=value")
			continue
		}
		s.Options[key] = value
	}
	return s.locate(strings.TrimSpace(rest), wrong)
}

func (s Signal) locate(text string, wrong []string) (Signal, []string) {
	at, what, asks := strings.Cut(text, "#")
	if !strings.Contains(at, "@") && login.MatchString(what) {
		return s, append(wrong, "seems to have a # in its user or password. Write it as %23")
	}
	if scheme, _, ok := strings.Cut(text, "://"); ok {
		if name, _, _ := strings.Cut(scheme, "+"); isRunner(name) {
			return s.locateJobs(at, strings.TrimSpace(what), wrong)
		}
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
	case !ok && isStore(transport):
		return s, append(wrong, unknownRunner(kind, transport))
	case !ok:
		return s, append(wrong, "must begin with one of "+signalKinds)
	case k.http && transport != "http" && transport != "https" && !pooled, !k.http && http:
		return s, append(wrong, fmt.Sprintf("must begin with %s", schemes(kind, k.http)))
	case k.inside:
		s.Kind, s.What = kind, strings.TrimSpace(strings.TrimPrefix(text, kind+":"))
		if s.What == "" {
			wrong = append(wrong, "must be "+kind+": and "+k.what)
		}
		return s, s.known(wrong)
	case k.http:
		at = transport + ":" + rest
	}
	s.Kind, s.URL, s.What = kind, at, strings.TrimSpace(what)
	if !k.local && !isURL(at, k.many) {
		wrong = append(wrong, "must be a URL with a host. Write special characters in a password as %XX")
	}
	if !asks || s.What == "" {
		wrong = append(wrong, "must end with # and "+k.what)
	}
	if k.names && s.What != "" {
		switch names, err := SplitNames(s.What); {
		case err != nil:
			wrong = append(wrong, err.Error())
		case len(names) == 0:
			wrong = append(wrong, "must have "+k.what+" after the #")
		case twice(names) != "":
			wrong = append(wrong, "names "+twice(names)+" are the same queue. Remove one of them")
		}
	}
	if len(wrong) == 0 && k.redis {
		wrong = append(wrong, badRedis(at)...)
	}
	return s, s.known(wrong)
}

// Redis has its own parameters in URLs, so its package checks the URL.
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
	return s.knownOptions(s.Kind, append([]string{"unit"}, kinds[s.Kind].options...), wrong)
}

func (s Signal) knownOptions(kind string, options, wrong []string) []string {
	for _, key := range slices.Sorted(maps.Keys(s.Options)) {
		if !slices.Contains(options, key) { // its name may be a part of a secret, so the error does not quote it
			wrong = append(wrong, fmt.Sprintf("unknown option: %s has %s", kind, strings.Join(options, ", ")))
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

// Find returns the signal with the name. NAME.latency, NAME.size and NAME.busy are the values of a job runner's queues.
func (ss Signals) Find(name string) (Signal, bool) {
	for _, s := range ss {
		if s.Runner == "" && s.Name == name {
			return s, true
		}
		if v, ok := s.valueNamed(name); ok {
			s.Name, s.Value = name, v
			return s, true
		}
	}
	return Signal{}, false
}

// Pooled is true if the signal is read from each server of the pool.
func (s Signal) Pooled() bool { return strings.HasPrefix(s.URL, "pool") }

// Desired is true if the signal is the number of dynos that the app itself asks for.
func (s Signal) Desired() bool { return s.Kind == "json" && strings.HasPrefix(s.What, "!") }

// Names returns the names of the signals, as rules use them.
func (ss Signals) Names() []string {
	var out []string
	for _, s := range ss {
		out = append(out, s.Names()...)
	}
	return out
}

// String lists the names. The rest may be secret.
func (ss Signals) String() string {
	names := make([]string, len(ss))
	for i, s := range ss {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// GoString is String, so that %#v shows no secrets.
func (ss Signals) GoString() string { return ss.String() }

// String is the name. The rest may be secret.
func (s Signal) String() string { return s.Name }

// GoString is the name, so that %#v shows no secrets.
func (s Signal) GoString() string { return s.Name }

// MarshalJSON writes the name only, so that JSON has no secrets.
func (s Signal) MarshalJSON() ([]byte, error) { return json.Marshal(s.Name) }

// LogValue is String, so that logs have no secrets.
func (ss Signals) LogValue() slog.Value { return slog.StringValue(ss.String()) }

func (s *Settings) builtIn() []string {
	names := []string{string(cpu.CPU), string(cpu.Memory)}
	if s.Metered() {
		names = nil // there these two are measured for the app
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

// BuiltIn is true for a signal that needs no line in SIGNALS.
func (s *Settings) BuiltIn(name string) bool { return slices.Contains(s.builtIn(), name) }

func (s *Settings) knownSignals() []string { return append(s.Signals.Names(), s.builtIn()...) }
