package service

import (
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const manual = "https://github.com/autoscalebot/autoscalebot/blob/main/docs/settings.md"

// The groups of settings that matter to some platforms only.
var platformGroups = map[string][]string{
	"Local processes and commands": {"local", "command"},
	"Cloud Foundry":                {"cloudfoundry"},
	"Pools of servers":             {"pool"},
	"DigitalOcean":                 {"pool"},
	"AWS":                          {"pool", "autoscaling-group"},
	"HAProxy and SSH":              {"pool"},
}

// What matters to the platform comes first: the essentials, the platform's groups, the groups in which something is
// set, all others, and the groups of other platforms.
func settingsOf(s *settings.Settings) []dashboard.Setting {
	all := s.AllInForce()
	set := map[string]bool{}
	for _, in := range all {
		set[in.Group] = set[in.Group] || in.From != ""
	}
	rank := func(group string) int {
		platforms, special := platformGroups[group]
		switch {
		case group == all[0].Group:
			return 0
		case special && slices.Contains(platforms, string(s.Platform)):
			return 1
		case set[group]:
			return 2
		case !special:
			return 3
		}
		return 4
	}
	slices.SortStableFunc(all, func(a, b settings.InForce) int { return rank(a.Group) - rank(b.Group) })
	var out []dashboard.Setting
	for _, in := range all {
		source := "default"
		if in.From != "" {
			source = in.From
		}
		out = append(out, dashboard.Setting{
			Group: in.Group, Name: in.Name, Value: in.Value, Source: source,
			Meaning: strings.ReplaceAll(in.Meaning, "`", ""), Doc: manual + "#" + anchor(in.Group),
		})
	}
	return out
}

// The anchor of a heading, as GitHub makes it.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }
