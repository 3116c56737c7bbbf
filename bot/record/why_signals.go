package record

import (
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func (r Record) signals(want func(*decide.Judged) bool) string {
	var all []string
	for i := range r.Decision.Signals {
		if j := &r.Decision.Signals[i]; want(j) {
			all = append(all, j.String())
		}
	}
	return strings.Join(all, "; ")
}

func (r Record) above() string {
	return r.signals(func(j *decide.Judged) bool { return j.Desired > r.Decision.From })
}

func (r Record) below() string {
	text := r.signals(func(j *decide.Judged) bool { return j.Desired < r.Decision.From })
	if r.Decision.Reading < 0 {
		return text
	}
	return text + "; " + r.Observed() + r.load()
}

// Unread names the signals without data.
func (r Record) Unread() string {
	text := r.signals(noData)
	if text == "" {
		return "all signals have data again"
	}
	if r.Decision.ByRules {
		return text + "; the rules on it do nothing meanwhile"
	}
	for i := range r.Decision.Signals {
		if j := &r.Decision.Signals[i]; j.Verdict == decide.NoData && !j.Size {
			return text + "; the bot does not scale down meanwhile"
		}
	}
	return text + "; the bot does not reduce the size meanwhile"
}

func noData(j *decide.Judged) bool { return j.Verdict == decide.NoData }
