package herokutest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// An App is an app that a test adds.
type App struct {
	// Name is the app's name: lower-case letters, digits and dashes, four to thirty of them.
	Name string
	// WebURL is the app's address; "" means https://NAME.herokuapp.com/. An address outside herokuapp.com breaks the
	// schema, so it is not checked.
	WebURL      string
	Maintenance bool
	// Formation is the app's process types; nil means one web process with 1 Standard-1X dyno.
	Formation []Process
	// Releases are the app's releases, oldest first; nil means two that succeeded when the app was added, the first of
	// them empty. An app without a successful release has no dynos, whatever its formation.
	Releases []Release
	// Autoscaling is Heroku's own autoscaling of the web dynos; nil means that it was never set up.
	Autoscaling *Autoscaling
}

// A Process is a process type of an app.
type Process struct {
	Type     string
	Quantity int
	// Size is the dyno size; "" means "Standard-1X". A process type can have one Eco or Basic dyno, ten Performance,
	// Private or Shield dynos, and a hundred of other sizes. A change to an unknown size is refused, and to a size of
	// another tier than the app's other process types: Eco, Basic, and the rest.
	Size string
	// Command is the process's command; "" means "./TYPE".
	Command string
}

const region = "us"

type app struct {
	App
	created   time.Time
	processes []*process
	releases  []*release
}

type process struct {
	Process
	updated time.Time
	dynos   []*dyno // their number is the quantity
	made    int     // all dynos so far
}

func newApp(a App) *app {
	if a.Formation == nil {
		a.Formation = []Process{{Type: "web", Quantity: 1}}
	}
	out := &app{App: a, created: time.Now()}
	if a.Autoscaling != nil {
		own := *a.Autoscaling
		out.Autoscaling = &own
	}
	for _, p := range a.Formation {
		p.Size, p.Command = cmp.Or(p.Size, "Standard-1X"), cmp.Or(p.Command, "./"+p.Type)
		added := &process{Process: p}
		added.set(p.Quantity, up)
		out.processes = append(out.processes, added)
	}
	if a.Releases == nil {
		a.Releases = []Release{{Description: "Initial release"}, {}}
	}
	for _, r := range a.Releases {
		out.release(r)
	}
	return out
}

func (a *app) id() string { return uuid("app", a.Name) }

func (a *app) process(name string) *process {
	for _, p := range a.processes {
		if p.Type == name || p.id(a) == name {
			return p
		}
	}
	return nil
}

func (p *process) id(a *app) string { return uuid("formation", a.Name, p.Type) }

// The dynos with the highest numbers go first.
func (p *process) set(n int, state string) {
	p.Quantity, p.updated = n, time.Now()
	p.dynos = p.dynos[:min(len(p.dynos), max(n, 0))]
	for len(p.dynos) < n {
		p.made++
		p.dynos = append(p.dynos, &dyno{state: state, created: p.updated, updated: p.updated, serial: p.made})
	}
}

func (p *process) restart(state string) {
	p.dynos = nil
	p.set(p.Quantity, state)
}

// Heroku's default scaling limits per process type.
func limit(size string) int {
	s := strings.ToLower(size)
	switch {
	case s == "eco" || s == "basic":
		return 1
	case strings.HasPrefix(s, "performance") || strings.HasPrefix(s, "private") || strings.HasPrefix(s, "shield"):
		return 10
	}
	return 100
}

// The sizes of the Common Runtime.
func sizes() []string {
	return []string{
		"Eco", "Basic", "Standard-1X", "Standard-2X", "Performance-M", "Performance-L",
		"Performance-L-RAM", "Performance-XL", "Performance-2XL",
	}
}

func tier(size string) string {
	switch s := strings.ToLower(size); s {
	case "eco", "basic":
		return s
	}
	return "production"
}

func (a *app) otherTier(p *process, size string) string {
	for _, o := range a.processes {
		if o != p && tier(o.Size) != tier(size) {
			return o.Size
		}
	}
	return ""
}

func uuid(name ...string) string {
	h := sha256.Sum256([]byte(strings.Join(name, "\x00")))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
