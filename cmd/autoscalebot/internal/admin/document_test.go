package admin_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestDocumentHasTheFieldsOfTheAnswers(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../../../docs/openapi.yaml")
	must(t, err)
	schemas := doc.Components.Schemas
	decision := schemas["Decision"].Value.Properties
	for name, c := range map[string]struct {
		documented openapi3.Schemas
		value      any
		more       []string
	}{
		"Status":         {schemas["Status"].Value.Properties, admin.Status{}, nil},
		"Record":         {schemas["Record"].Value.Properties, record.Record{}, []string{"format", "why"}},
		"Reading":        {schemas["Reading"].Value.Properties, probe.Reading{}, nil},
		"Decision":       {decision, decide.Decision{}, nil},
		"Estimate":       {schemas["Estimate"].Value.Properties, adaptive.Estimate{}, nil},
		"Bill":           {schemas["Bill"].Value.Properties, decide.Bill{}, nil},
		"Clamp":          {decision["clamps"].Value.Items.Value.Properties, decide.Clamp{}, nil},
		"ScaleUps":       {decision["ineffective"].Value.Properties, decide.ScaleUps{}, nil},
		"Level":          {schemas["Level"].Value.Properties, decide.Level{}, nil},
		"ManualChange":   {decision["manual_change"].Value.Properties, decide.ManualChange{}, nil},
		"Control":        {schemas["Control"].Value.Properties, decide.Control{}, nil},
		"Pause":          {schemas["Pause"].Value.Properties, decide.Pause{}, nil},
		"NextYear":       {schemas["Status"].Value.Properties["next_year"].Value.Properties, admin.Rows{}, nil},
		"Incident":       {schemas["Incident"].Value.Properties, admin.Incident{}, nil},
		"Reload":         {schemas["Reload"].Value.Properties, admin.Reload{}, nil},
		"LimitsOverride": {schemas["LimitsOverride"].Value.Properties, decide.LimitsOverride{}, nil},
		"Limits":         {schemas["Limits"].Value.Properties, schedule.Limits{}, nil},
	} {
		want := c.more
		for _, f := range reflect.VisibleFields(reflect.TypeOf(c.value)) {
			if f.Anonymous {
				continue // its fields are part of the same object
			}
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			want = append(want, tag)
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(c.documented)); !slices.Equal(got, want) {
			t.Errorf("docs/openapi.yaml says that %s has\n%v, and it has\n%v; describe in components/schemas what is new", name, got, want)
		}
	}
}
