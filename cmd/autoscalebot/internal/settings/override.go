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

// LoadTrial reads the settings by which the bot decides, and those that name the history, from the environment, with
// pairs of NAME=value laid over it; of two pairs of one name the later counts, and one without a value stands for the
// default. below are pairs that count where neither says anything. All other settings are as [Defaults] has them, so
// whoever simulates needs neither an app nor a key. The error is the [Problems], all of them.
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
	s.Platform = "simulation" // which needs nothing, and tells no price
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

// A pair is a value, and the name under which it is given.
type pair struct{ as, value string }

// pairs returns the pairs by the settings' main names.
func (ps *Problems) pairs(pairs []string) map[string]pair {
	over, entries := map[string]pair{}, Entries()
	for _, text := range pairs {
		full, value, ok := strings.Cut(text, "=")
		as := strings.TrimPrefix(full, Prefix)
		name := mainName(as)
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name })
		switch {
		case !ok:
			ps.add(spelling.Shown(text, nil), "is no setting with its value; write NAME=value, such as INCREMENT=2")
		case i < 0:
			ps.add(spelling.Shown(full, nil), "there is no such setting; the nearest is %s",
				spelling.Nearest(name, names(decides)))
		case !decides(entries[i]):
			ps.add(full, "decides nothing where the app is simulated; leave it out")
		default:
			if earlier, ok := over[name]; ok && earlier.as != as {
				ps.add(full, sameSetting, earlier.as)
			}
			over[name] = pair{as, strings.TrimSpace(value)}
		}
	}
	return over
}
