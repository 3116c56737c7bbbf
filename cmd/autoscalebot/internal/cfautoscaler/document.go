// Package cfautoscaler reads and writes what people have written down for other autoscalers: the manifest of App
// Autoscaler as Pivotal and VMware sell it, and the policy of Cloud Foundry's open-source App Autoscaler. A [Plan] is
// what their documents and ours have in common.
package cfautoscaler

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Format is a form in which a plan can be written down.
type Format string

// The formats.
const (
	// Manifest is that of Pivotal's and VMware's App Autoscaler, as YAML.
	Manifest Format = "manifest"
	// Policy is that of Cloud Foundry's open-source App Autoscaler, as JSON.
	Policy Format = "policy"
	// Autoscale is our own settings file.
	Autoscale Format = "autoscale"
)

// A Plan says how many instances of an app there are to be, and why.
type Plan struct {
	// Limits hold where the calendar says nothing yet.
	Limits   schedule.Limits
	Calendar Calendar
	// Rules are judged side by side: any adds instances, and all together remove some.
	Rules []decide.SignalRule
	// Breaches are asked one after the other: the first that is breached acts, and no other rule does.
	Breaches []decide.BreachRule
	// Sources are where the signals come from that are not built in, by their names, as SIGNALS has them.
	Sources map[string]string
	// Every is how often App Autoscaler decides, 0 where that is not known.
	Every   time.Duration
	carries bool // what a date ends with goes on until something recurs, as in a manifest
	now     time.Time
	// Notes say what could not be taken over as it stands, and what became of it.
	Notes []string
}

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

func (p *Plan) source(signal, url string) {
	if p.Sources == nil {
		p.Sources = map[string]string{}
	}
	p.Sources[signal] = url
}

// ManifestEvery is how often App Autoscaler decides by a manifest's rules.
const ManifestEvery = 35 * time.Second

const meanWindow = 120 * time.Second // over which App Autoscaler takes the mean of a metric
