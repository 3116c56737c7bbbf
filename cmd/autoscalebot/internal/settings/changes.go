package settings

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Change is the change of one setting between two loads.
type Change struct {
	// Name is the setting's main name, or scaling_rules. As is the name under which it is set.
	Name, As string
	// ProcessType is the only process type that it concerns; "" for all.
	ProcessType string
	// From and To are the values as people may see them, "" if it is not set. For a secret they only say that it is
	// set.
	From, To string
}

// String returns text such as "MAX_DYNOS 5 → 10". It contains no secret.
func (c Change) String() string {
	as, from, to := c.As, shortened(c.From), shortened(c.To)
	if c.ProcessType != "" {
		as = c.ProcessType + ": " + as
	}
	unseen := from == hidden || to == hidden
	switch {
	case from == "" && (unseen || to == ""):
		return as + " set"
	case to == "" && unseen:
		return as + " removed"
	case unseen || from == to:
		return as + " changed"
	}
	return fmt.Sprintf("%s %s → %s", as, cmp.Or(from, "not set"), cmp.Or(to, "not set"))
}

// Parts returns the parts of the bot that the change concerns.
func (c Change) Parts() []Part {
	if c.Name == scalingRules {
		return []Part{SignalProbers}
	}
	return PartsOf(c.Name)
}

// Changes compares two results of [LoadAll]. The error is a [Problems] with all changes that need a restart.
func Changes(before, after []*Settings) ([]Change, error) {
	var problems Problems
	if was, is := processTypes(before), processTypes(after); !slices.Equal(was, is) {
		problems = append(problems, Problem{
			Name: processes, What: fmt.Sprintf("%s → %s: %s", strings.Join(was, ", "), strings.Join(is, ", "),
				needRestart),
		})
		return nil, problems
	}
	var of [][]Change
	for i, s := range after {
		all := changes(before[i], s)
		for _, c := range all {
			if before[i].needsRestart(c.Name) {
				problems.Join(Problems{{c.As, needRestart, s.src.at(c.Name)}})
			}
		}
		if why := fixed(before[i], s); why != "" {
			problems.Join(Problems{{"HEARTBEAT_URL", why + ": " + needRestart, s.src.at("HEARTBEAT_URL")}})
		}
		of = append(of, all)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return mergeChanges(of, after), nil
}

const needRestart = "cannot change while the bot runs. Restart the bot to change it"

func processTypes(all []*Settings) (names []string) {
	for _, s := range all {
		names = append(names, string(s.HerokuProcessType))
	}
	return names
}

// The log drain expects the heartbeats among the requests.
func fixed(before, after *Settings) string {
	if before.TakesLogDrain() && before.HasHeartbeat() != after.HasHeartbeat() {
		return "with a log drain, whether there is a heartbeat"
	}
	return ""
}

func changes(before, after *Settings) (out []Change) {
	for _, f := range fields() {
		name := f.Tag.Get("envconfig")
		if before.src.raw(f) != after.src.raw(f) {
			out = append(out, Change{
				Name: name, As: after.src.called(name), From: before.src.text(f), To: after.src.text(f),
			})
		}
	}
	if !reflect.DeepEqual(before.ScalingRules, after.ScalingRules) {
		out = append(out, Change{Name: scalingRules, As: scalingRules, From: hidden, To: hidden})
	}
	return out
}

func mergeChanges(of [][]Change, all []*Settings) (out []Change) {
	for i, changes := range of {
		for _, c := range changes {
			common := !slices.ContainsFunc(of, func(o []Change) bool { return !slices.Contains(o, c) })
			if !common {
				c.ProcessType = string(all[i].HerokuProcessType)
			}
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// Overridden returns the names of the settings that have changed in the file between two loads, and that the
// environment sets, so that the file's values have no effect.
func Overridden(before, after []*Settings) (names []string) {
	for i := range min(len(before), len(after)) {
		was, is := before[i].src, after[i].src
		for _, name := range slices.Sorted(maps.Keys(is.keys())) {
			g, _ := is.given(name)
			former, _ := was.given(name)
			if under := find(name); under != "" && g.text != former.text && !slices.Contains(names, under) {
				names = append(names, under)
			}
		}
	}
	return names
}

func (src *source) keys() map[string]given {
	if src == nil {
		return nil
	}
	all := maps.Clone(src.file.top.values)
	if src.own != nil {
		maps.Copy(all, src.own.values)
	}
	return all
}
