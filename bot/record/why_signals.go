package record

import (
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// signals writes what the signals say of those for which want holds, each after a semicolon.
func (r Record) signals(want func(*decide.Judged) bool) string {
	var b strings.Builder
	for i := range r.Decision.Signals {
		if j := &r.Decision.Signals[i]; want(j) {
			b.WriteString("; ")
			b.WriteString(j.String())
		}
	}
	return b.String()
}

// above says which signals ask for more dynos.
func (r Record) above() string {
	return strings.TrimPrefix(r.signals(func(j *decide.Judged) bool { return j.Desired > r.Decision.From }), "; ")
}

// below says that all agree to fewer.
func (r Record) below() string {
	text := strings.TrimPrefix(r.signals(func(j *decide.Judged) bool { return j.Desired < r.Decision.From }), "; ")
	if r.Decision.Reading < 0 {
		return text
	}
	return text + "; " + r.Observed() + r.load()
}

// Unread says which signals are not known.
func (r Record) Unread() string {
	text := strings.TrimPrefix(r.signals(func(j *decide.Judged) bool { return j.Verdict == decide.NoData }), "; ")
	if text == "" {
		return "all signals are known again"
	}
	if r.Decision.ByRules {
		return text + "; the rules about it do nothing before it is known again"
	}
	for i := range r.Decision.Signals {
		if j := &r.Decision.Signals[i]; j.Verdict == decide.NoData && !j.Size {
			return text + "; no dyno is removed before it is known again"
		}
	}
	return text + "; dynos do not become smaller before it is known again"
}

// breach says which scaling rule was breached.
func (r Record) breach() string {
	return r.Decision.Breach.String()
}
