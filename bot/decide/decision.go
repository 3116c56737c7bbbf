package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// A Rule is the reason for a decision.
type Rule string

// The rules, in the order in which they are checked.
const (
	// RuleOffline: the bot reaches neither the app nor the control URL.
	RuleOffline Rule = "offline"
	// RuleUnknown: the platform did not report the number of dynos.
	RuleUnknown Rule = "count unknown"
	// RuleOverride: an override is in force.
	RuleOverride Rule = "override"
	// RuleLeftAlone: somebody set the app to 0 dynos, or the platform asks to leave it alone.
	RuleLeftAlone Rule = "left alone"
	// RuleLimits: the number of dynos is outside the limits now in force.
	RuleLimits Rule = "limits"
	// RuleIneffective: scale-ups did not improve the readings, so the bot returns to the number before them.
	RuleIneffective Rule = "ineffective scale-ups"
	// RuleSlow: enough slow heartbeats.
	RuleSlow Rule = "slow run"
	// RuleFast: enough fast heartbeats.
	RuleFast Rule = "fast run"
	// RuleMoreLoad and RuleLessLoad: the load needs more dynos, or has needed fewer for long enough.
	RuleMoreLoad Rule = "more load"
	RuleLessLoad Rule = "less load"
	// RuleAbove: a signal other than the heartbeat is above its upper threshold. RuleBelow: all are below their lower
	// one.
	RuleAbove Rule = "signal above"
	RuleBelow Rule = "signals below"
	// RuleBreach: a scaling rule of Cloud Foundry's App Autoscaler was breached.
	RuleBreach Rule = "breach"
	// RuleBooting: the heartbeat is slow, but does not count while new dynos boot.
	RuleBooting Rule = "booting"
	// RuleNoData: the readings give no data about the load.
	RuleNoData Rule = "no data"
	// RuleMaintenance: the app is in maintenance mode, so its heartbeat is ignored.
	RuleMaintenance Rule = "maintenance"
	// RuleHold: nothing calls for a change.
	RuleHold Rule = "hold"
)

func (r Rule) reads() bool {
	switch r {
	case RuleSlow, RuleFast, RuleIneffective, RuleMoreLoad, RuleLessLoad, RuleAbove, RuleBelow, RuleBreach:
		return true
	}
	return false
}

// A Decision is the number and the size of dynos that the app should have, and the reasons for them.
type Decision struct {
	// From is the present number of dynos, and To the new one; equal for a hold.
	From int `json:"from"`
	To   int `json:"to"`
	// Rule is the rule that decided.
	Rule Rule `json:"rule"`
	HeartbeatVerdict
	// Desired is the number that the rule asks for, before any clamp.
	Desired int `json:"desired"`
	SizeDecision
	// LeftAlone is the platform's reason to leave the app alone; "" if the rule is another, or the reason is 0 dynos.
	LeftAlone string `json:"left_alone,omitempty"`
	// BootSeconds is the learned boot time in seconds; 0 if it is unknown or no dynos are booting.
	BootSeconds float64 `json:"boot_seconds,omitempty"`
	// Evidence is the evidence for more dynos; nil unless the rule asks for more, and for an override and the limits.
	Evidence *Evidence `json:"evidence,omitempty"`
	// Clamps are the changes by safeguards, in the order applied.
	Clamps []Clamp `json:"clamps,omitempty"`
	// Ineffective is the row of scale-ups that do not help; nil without one.
	Ineffective *ScaleUps `json:"ineffective,omitempty"`
	// Load is the estimated load; nil unless the policy is adaptive.
	Load *adaptive.Estimate `json:"load,omitempty"`
	SignalVerdicts
	// Bill is the cost of the month; nil without a budget.
	Bill *Bill `json:"bill,omitempty"`
	FoundChanges
}

// FoundChanges are changes that a tick discovered: by somebody else, or by the bot itself without an answer.
type FoundChanges struct {
	// ManualChange is a change of the number of dynos by somebody else since the last tick; nil without one.
	ManualChange *ManualChange `json:"manual_change,omitempty"`
	// Completed is a change that the platform made although its answer did not arrive; nil without one.
	Completed *Completed `json:"completed,omitempty"`
	// CompletedSize is Completed for the dyno size.
	CompletedSize *CompletedSize `json:"completed_size,omitempty"`
}

// Found reports whether the tick discovered a change.
func (d Decision) Found() bool {
	return d.ManualChange != nil || d.Completed != nil || d.CompletedSize != nil
}

// WantsMore reports whether slow heartbeats or signals call for more dynos.
func (d Decision) WantsMore() bool {
	return d.Rule == RuleSlow || d.Rule == RuleAbove || d.Rule == RuleBreach && d.Desired > d.From ||
		d.Rule == RuleMoreLoad && d.Verdict == Slow
}

// WantsFewer reports whether fast heartbeats or signals call for fewer dynos.
func (d Decision) WantsFewer() bool {
	return d.Rule == RuleFast || d.Rule == RuleBelow || d.Rule == RuleBreach && d.Desired < d.From ||
		d.Rule == RuleLessLoad && d.Verdict == Fast
}

// Completed is a change of the number of dynos that the bot requested at Asked.
type Completed struct {
	From  int       `json:"from"`
	To    int       `json:"to"`
	Asked time.Time `json:"asked"`
}

// CompletedSize is a change of the dyno size that the bot requested at Asked.
type CompletedSize struct {
	From   string    `json:"from"`
	To     string    `json:"to"`
	Larger bool      `json:"larger"`
	Asked  time.Time `json:"asked"`
}

// ManualChange is a change of the number of dynos by somebody else.
type ManualChange struct {
	From int `json:"from"`
	To   int `json:"to"`
}
