package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

const mostQueues = 100

func isRunner(name string) bool {
	_, ok := jobs.Find(name)
	return ok
}

// The stores of job runners, as schemes of URLs.
func isStore(scheme string) bool {
	known, _, wrong := cutScheme(scheme + "://")
	_, sql := cutPostgres(scheme + "://")
	return sql || wrong == "" && kinds[known].redis
}

// It quotes nothing of the scheme, which may be part of a password.
func unknownRunner(name, store string) string {
	var names []string
	for _, r := range jobs.Runners() {
		names = append(names, r.Name)
	}
	text := "unknown job runner before +" + store + "://"
	if meant, ok := spelling.Meant(strings.ToLower(name), names); ok {
		return text + "; the nearest is " + meant
	}
	return text + "; the job runners are " + strings.Join(names, ", ")
}

// at is a URL such as sidekiq+redis://host:6379/0.
func (s Signal) locateJobs(at, what string, wrong []string) (Signal, []string) {
	name, rest, _ := strings.Cut(at, "+")
	if scheme, _, _ := strings.Cut(at, "://"); !strings.Contains(scheme, "+") {
		name, rest = scheme, ""
	}
	r, _ := jobs.Find(name)
	s.Kind, s.Runner, s.What = "jobs", r.Name, what
	if r.SQL {
		s.URL, wrong = s.jobsInSQL(r, rest, wrong)
	} else {
		s.URL, wrong = s.jobsInRedis(r, rest, wrong)
	}
	if _, err := s.Queues(); err != nil {
		wrong = append(wrong, err.Error())
	}
	return s, s.knownOptions(r.Name, jobOptions(r), wrong)
}

func jobOptions(r jobs.Runner) []string {
	if r.SQL {
		return []string{"schema"}
	}
	return []string{"prefix", "tls"}
}

func (s *Signal) jobsInSQL(r jobs.Runner, rest string, wrong []string) (string, []string) {
	if _, ok := cutPostgres(rest); !ok {
		return "", append(wrong, fmt.Sprintf("%s stores its jobs in PostgreSQL. Write %s+postgres:// and the rest "+
			"of the URL", r.Title, r.Name))
	}
	d, err := readDatabaseURL(rest)
	if err != nil {
		return "", append(wrong, strings.Split(err.Error(), "\n")...)
	}
	s.left = d.left
	if !isURL(d.url, false) {
		wrong = append(wrong, "must be a URL with a host. Write special characters in a password as %XX")
	}
	return d.url, wrong
}

func (s *Signal) jobsInRedis(r jobs.Runner, rest string, wrong []string) (string, []string) {
	scheme, rest, instead := cutScheme(rest)
	switch {
	case instead != "":
		return "", append(wrong, instead)
	case !kinds[scheme].redis:
		return "", append(wrong, fmt.Sprintf("%s stores its jobs in Redis. Write %s+redis:// or %s+rediss:// and the "+
			"rest of the URL", r.Title, r.Name, r.Name))
	}
	at := scheme + ":" + rest
	return at, append(wrong, badRedis(at)...)
}

// Queues are the names after the #; nil for all queues. Its error quotes nothing.
func (s Signal) Queues() ([]string, error) {
	if s.What == "" || s.What == "*" {
		if r, _ := jobs.Find(s.Runner); r.MustName || r.Default != "" && s.What == "*" {
			return nil, fmt.Errorf("must end with # and the names of queues, because %s stores no list of them",
				r.Title)
		}
		return nil, nil
	}
	names, err := SplitNames(s.What)
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0:
		return nil, errors.New("must have the names of queues after the #, or * for all")
	case twice(names) != "":
		return nil, errors.New("names " + twice(names) + " are the same queue. Remove one of them")
	case slices.Contains(strings.FieldsFunc(s.What, func(c rune) bool { return c == ',' || c == ' ' }), "*"):
		return nil, errors.New("must have either * for all queues or names after the #. Write %2A for a queue of " +
			"that name")
	case len(names) > mostQueues:
		return nil, fmt.Errorf("%d queues are too many: the maximum is %d", len(names), mostQueues)
	}
	return names, nil
}

// Names are the names that rules use: one for each value of a job runner's queues, otherwise the signal's.
func (s Signal) Names() []string {
	if s.Runner == "" {
		return []string{s.Name}
	}
	r, _ := jobs.Find(s.Runner)
	var out []string
	for _, v := range jobs.Values() {
		if r.Missing[v] == "" {
			out = append(out, s.Name+"."+string(v))
		}
	}
	return out
}

func (s Signal) valueNamed(name string) (jobs.Value, bool) {
	v := jobs.Value(strings.TrimPrefix(name, s.Name+"."))
	return v, s.Runner != "" && slices.Contains(s.Names(), name)
}

func (s Signal) clashes(other Signal) bool {
	taken := append(other.Names(), other.Name)
	return s.Name != "" && slices.ContainsFunc(append(s.Names(), s.Name), func(n string) bool {
		return slices.Contains(taken, n)
	})
}

// "" if the name has nothing to do with a job runner.
func (ss Signals) unknownValue(name string) string {
	for _, s := range ss {
		value, ok := strings.CutPrefix(name, s.Name+".")
		if s.Runner == "" || !ok && name != s.Name {
			continue
		}
		r, _ := jobs.Find(s.Runner)
		if why := r.Missing[jobs.Value(value)]; why != "" {
			return fmt.Sprintf("%s has no %s: %s. Use %s", s.Name, value, why, eitherOf(s.Names()))
		}
		return fmt.Sprintf("%s has several values. Use %s", s.Name, eitherOf(s.Names()))
	}
	return ""
}

func eitherOf(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
