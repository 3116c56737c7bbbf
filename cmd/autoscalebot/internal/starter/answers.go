package starter

import (
	"fmt"
	"slices"
	"strings"
)

// Answers are what init learned about an app on Heroku, from its user and from the app.
type Answers struct {
	App, ProcessType, HeartbeatURL string
	// Min and Max are numbers or schedules.
	Min, Max string
	// Policy is adaptive or count.
	Policy string
	DryRun bool
	// Thresholds are proposed from heartbeats; the zero value keeps the defaults.
	Thresholds Thresholds
	// Measured is the number of heartbeats behind the thresholds; 0 if the user chose them.
	Measured int
	// Key is written into the file; usually it is empty and the key is in the environment.
	Key string
}

// AdaptiveInterval is the recommended HEARTBEAT_INTERVAL_IN_SECONDS of the adaptive policy.
const AdaptiveInterval = "5"

// File returns a settings file with the answers and the usual settings.
func (a Answers) File() File {
	f, _ := New("heroku")
	f.Head[0] = "Settings of autoscalebot for " + a.App +
		", written by autoscalebot init. Lines that begin with # are off."
	f.Sections = slices.Clone(f.Sections)
	for i, s := range f.Sections {
		f.Sections[i].Lines = slices.Clone(s.Lines)
		for j := range s.Lines {
			a.answer(&f.Sections[i].Lines[j])
		}
	}
	return f
}

func (a Answers) answer(l *Line) {
	set := func(value, note string) { l.Value, l.Note, l.Off = value, note, false }
	switch l.Name {
	case "HEROKU_APP_NAME":
		set(a.App, "The app to scale.")
	case "HEROKU_API_KEY":
		if a.Key != "" {
			set(a.Key, "The API key. Only the owner may read this file.")
		}
	case "HEROKU_PROCESS_TYPE":
		set(a.ProcessType, "")
	case "HEARTBEAT_URL":
		set(a.HeartbeatURL, "The heartbeat page: its path on the app, or a whole URL.")
	case "MIN_DYNOS":
		set(a.Min, "")
	case "MAX_DYNOS":
		set(a.Max, "")
	case "POLICY":
		set(a.Policy, "")
	case "HEARTBEAT_INTERVAL_IN_SECONDS":
		if a.Policy == "adaptive" {
			set(AdaptiveInterval, "The time between heartbeats; 5 s is recommended for the adaptive policy.")
		}
	case "MAX_RESPONSE_TIME_IN_MS":
		if a.Thresholds.Max > 0 {
			set(fmt.Sprint(a.Thresholds.Max),
				a.why("Upper threshold: a slower heartbeat is slow.", a.Thresholds.WhyMax))
		}
	case "MIN_RESPONSE_TIME_IN_MS":
		if a.Thresholds.Min > 0 {
			set(fmt.Sprint(a.Thresholds.Min),
				a.why("Lower threshold: a faster heartbeat is fast.", a.Thresholds.WhyMin))
		}
	case "DRY_RUN":
		l.Value, l.Off = "true", !a.DryRun
		l.Note = "Decide and notify, but change nothing. Remove this line after a day."
		if !a.DryRun {
			l.Note = "Decide and notify, but change nothing."
		}
	}
}

func (a Answers) why(meaning string, why func() string) string {
	if a.Measured == 0 {
		return meaning
	}
	return meaning + " " + why()
}

// Settings returns the settings in force, without the key, as pairs of name and value in the order of the file.
func (f File) Settings() (pairs [][2]string) {
	for _, s := range f.Sections {
		for _, l := range s.Lines {
			if !l.Off && l.Name != "HEROKU_API_KEY" {
				pairs = append(pairs, [2]string{l.Name, l.Value})
			}
		}
	}
	return pairs
}

// ConfigSet returns the command that sets the settings on Heroku, for the app that runs the bot. The shell fills in the
// key from its environment.
func (f File) ConfigSet(bot string) string {
	var b strings.Builder
	b.WriteString("heroku config:set --app " + bot + ` HEROKU_API_KEY="$HEROKU_API_KEY"`)
	for _, p := range f.Settings() {
		b.WriteString(" \\\n  " + p[0] + "=" + quoted(p[1]))
	}
	return b.String() + "\n"
}

func quoted(value string) string {
	if simple.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
