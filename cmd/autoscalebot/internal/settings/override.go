package settings

import (
	"reflect"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

// online are the settings by which the bot decides that matter only over a network.
var online = []string{
	"HEARTBEAT_URL", "HEARTBEAT_METHOD", "HEARTBEAT_HEADERS", "HEARTBEAT_TOKEN", "HEARTBEAT_KEEP_ALIVE",
	"HEARTBEAT_MEASURE",
	"HEARTBEAT_JITTER", "CONTROL_URL", "DEPLOY_GRACE_IN_SECONDS",
}

func decides(e Entry) bool {
	return e.trial && !slices.Contains(online, e.Name)
}

// LoadTrial reads the settings by which the bot decides, and those of the history, for a simulation. Pairs of
// NAME=value override the environment and the file. Of two pairs of one name the later counts, and an empty value is
// the default. below has pairs for settings that nothing else sets. All other settings are as in [Defaults], so a
// simulation needs no app and no key. The error is a [Problems] with all mistakes.
func LoadTrial(below, pairs []string) (*Settings, error) {
	var problems Problems
	under, over := problems.pairs(below), problems.pairs(pairs)
	src := problems.sources()[0]
	problems = append(problems, src.problems()...)
	start := len(problems)
	s := Defaults()
	s.src, s.as = src, map[string]string{}
	compatible := src.compatible()
	if p, ok := over[compatibility]; ok {
		compatible = p.value == python21
	}
	v, entries := reflect.ValueOf(s).Elem(), Entries()
	for i, f := range fields() {
		e := entries[i]
		if !decides(e) && !slices.Contains(adminSettings, e.Name) {
			continue
		}
		f, field := withDefault(safeguardOff(f, compatible), under[e.Name].value), v.FieldByIndex(f.Index)
		var what string
		if p, ok := over[e.Name]; ok {
			s.as[e.Name] = p.as
			what = load(withDefault(f, p.value), "", field)
		} else {
			problems.twoNames(src, e.Name)
			what = src.load(f, field)
		}
		if what != "" {
			problems.add(s.called(e.Name), "%s", what)
		}
	}
	s.Platform = "simulation" // it needs no settings, and reports no price
	problems.checkHeartbeat(s)
	problems.checkLimits(s)
	problems.checkCompatibility(s)
	problems.checkPolicy(s)
	problems.checkAdmin(s)
	problems.checkHistory(s)
	problems.place(start, src)
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

type pair struct{ as, value string } // as is the name under which it is given

// The keys of the result are main names.
func (ps *Problems) pairs(pairs []string) map[string]pair {
	over, entries := map[string]pair{}, Entries()
	for _, text := range pairs {
		full, value, ok := strings.Cut(text, "=")
		as := strings.TrimPrefix(full, Prefix)
		name := mainName(as)
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name })
		switch {
		case !ok:
			ps.add(spelling.Shown(text, nil), "must be NAME=value, such as INCREMENT=2")
		case i < 0:
			ps.add(spelling.Shown(full, nil), "unknown setting; the nearest is %s",
				spelling.Nearest(name, names(decides)))
		case !decides(entries[i]):
			ps.add(full, "has no effect in a simulation. Remove it")
		default:
			if earlier, ok := over[name]; ok && earlier.as != as {
				ps.add(full, sameSetting, earlier.as)
			}
			over[name] = pair{as, strings.TrimSpace(value)}
		}
	}
	return over
}
