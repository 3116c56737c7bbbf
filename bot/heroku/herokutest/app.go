package herokutest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// An App is an app to begin with.
type App struct {
	// Name is the app's name: lower-case letters, digits and dashes, four to thirty of them.
	Name string
	// WebURL is the app's address; "" means https://NAME.herokuapp.com/. Any other than one of herokuapp.com breaks the
	// schema, so it is left out of the check.
	WebURL      string
	Maintenance bool
	// Formation is what the app runs; nil means one web process at 1 Standard-1X.
	Formation []Process
	// Releases are the app's releases, the oldest first; nil means two that succeeded when the app was added, the first
	// empty. An app none of whose releases has succeeded has no dynos, whatever its formation.
	Releases []Release
	// Autoscaling is Heroku's own autoscaling of the web dynos; nil means that it has never been set up.
	Autoscaling *Autoscaling
}

// A Process is a process type of an app.
type Process struct {
	Type     string
	Quantity int
	// Size is the dyno size; "" means "Standard-1X". Of Eco and Basic there can be one dyno of a process type, of
	// Performance, Private and Shield ten, of others a hundred. A change is refused to a size that there isn't, and to
	// one of a tier that the app's other process types are not of: Eco, Basic, and the rest.
	Size string
	// Command is what runs; "" means "./TYPE".
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
	dynos   []*dyno // as many as the quantity says
	made    int     // dynos ever
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

// limit is Heroku's default scaling limit of a process type, by dyno size.
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

// sizes are those of the Common Runtime, by their names.
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
