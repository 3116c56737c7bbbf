// Package cfautoscaler reads and writes documents of other autoscalers: the manifest of Pivotal's and VMware's App
// Autoscaler, and the policy of Cloud Foundry's open-source App Autoscaler. A [Plan] is what their documents and
// settings files have in common.
package cfautoscaler

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Format is a format of documents.
type Format string

// The formats.
const (
	// Manifest is the format of Pivotal's and VMware's App Autoscaler, in YAML.
	Manifest Format = "manifest"
	// Policy is the format of Cloud Foundry's open-source App Autoscaler, in JSON.
	Policy Format = "policy"
	// Autoscale is a settings file of autoscalebot.
	Autoscale Format = "autoscale"
)

// A Plan has the limits, the schedule and the rules of an app.
type Plan struct {
	// Limits apply before the first step of the calendar.
	Limits   schedule.Limits
	Calendar Calendar
	// Rules are judged together: any of them adds instances, and all of them must agree to remove some.
	Rules []decide.SignalRule
	// Breaches are judged in order: only the first one that is breached acts.
	Breaches []decide.BreachRule
	// Sources has the URLs of signals that are not built in, by name, in the form of SIGNALS.
	Sources map[string]string
	// Every is the time between decisions of App Autoscaler, 0 if it is not known.
	Every   time.Duration
	carries bool // limits of a date continue after it, as in a manifest
	now     time.Time
	// Notes are differences between the document and the plan.
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

// ManifestEvery is the time between decisions of App Autoscaler with a manifest.
const ManifestEvery = 35 * time.Second

const meanWindow = 120 * time.Second // App Autoscaler takes the mean of a metric over it
