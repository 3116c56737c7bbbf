package service

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// The page shows the essentials first, then the platform's own settings, and those of other platforms last. Each has a
// link to a heading that exists.
func TestThePageShowsThePlatformsSettingsFirst(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	for platform, want := range map[string]string{"cloudfoundry": "Cloud Foundry", "pool": "Pools of servers", "local": "Local processes and commands"} {
		s := &settings.Settings{}
		s.Platform = settings.Word(platform)
		var groups []string
		for _, in := range settingsOf(s) {
			if !slices.Contains(groups, in.Group) {
				groups = append(groups, in.Group)
			}
			_, heading, _ := strings.Cut(in.Doc, "#")
			if !strings.Contains(strings.ReplaceAll(strings.ToLower(string(text)), " ", "-"), "\n##-"+heading+"\n") {
				t.Errorf("%s links to %s, which does not exist", in.Name, in.Doc)
			}
		}
		if len(groups) < 4 || groups[0] != "Essentials" || groups[1] != want || len(platformGroups[groups[len(groups)-1]]) == 0 {
			t.Errorf("on %s the groups are %v", platform, groups)
		}
	}
}
