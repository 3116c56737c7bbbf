package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// A Rule is the reason for which a decision was taken.
type Rule string

// The rules, in the order in which they are asked.
const (
	// RuleOffline: the bot reaches neither the app nor its control.
	RuleOffline Rule = "offline"
	// RuleUnknown: the platform did not tell the number of dynos, so nothing can be decided.
	RuleUnknown Rule = "count unknown"
	// RuleOverride: somebody asked the bot for a number of dynos.
	RuleOverride Rule = "override"
	// RuleLeftAlone: somebody set the app to 0 dynos, or told the platform to leave it alone.
	RuleLeftAlone Rule = "left alone"
	// RuleLimits: the number of dynos is outside the limits of this hour.
	RuleLimits Rule = "limits"
	// RuleIneffective: more dynos did not improve the readings, so the bot goes back to where it began to add them.
	RuleIneffective Rule = "ineffective scale-ups"
	// RuleSlow: enough slow readings in a row.
	RuleSlow Rule = "slow run"
	// RuleFast: enough fast readings in a row.
	RuleFast Rule = "fast run"
	// RuleMoreLoad and RuleLessLoad: the load that the heartbeats tell of needs more dynos, or has needed fewer for
	// long.
	RuleMoreLoad Rule = "more load"
	RuleLessLoad Rule = "less load"
	// RuleAbove: a signal beside the heartbeat is above its maximum. RuleBelow: all are below their minimum.
	RuleAbove Rule = "signal above"
	RuleBelow Rule = "signals below"
	// RuleBreach: a scaling rule of Cloud Foundry's App Autoscaler was breached.
	RuleBreach Rule = "breach"
	// RuleBooting: slow, while dynos that were added are yet to boot, which does not count.
	RuleBooting Rule = "booting"
	// RuleNoData: the readings say nothing about the load.
	RuleNoData Rule = "no data"
	// RuleMaintenance: the app is in maintenance mode, so that its heartbeat says nothing about the load.
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

// A Decision says how many dynos there should be, and explains itself.
type Decision struct {
	// From is the number of dynos found, To the number decided on; equal for a hold.
	From int `json:"from"`
	To   int `json:"to"`
	// Rule is the rule that spoke.
	Rule Rule `json:"rule"`
	HeartbeatVerdict
	// Desired is the number of dynos the rule asked for, before any clamp.
	Desired int `json:"desired"`
	SizeDecision
	// LeftAlone is why the app is left alone, as the platform tells it; "" where the rule is another, or 0 dynos are
	// why.
	LeftAlone string `json:"left_alone,omitempty"`
	// BootSeconds is the learned boot time in seconds, where new dynos are yet to boot and it is known.
	BootSeconds float64 `json:"boot_seconds,omitempty"`
	// Evidence is what the rule rests on where it asks for more dynos; nil where it does not, and for an order and the
	// limits.
	Evidence *Evidence `json:"evidence,omitempty"`
	// Clamps lists what changed the wish, in the order applied.
	Clamps []Clamp `json:"clamps,omitempty"`
	// Ineffective is the row of ups that were found not to help; nil while none is.
	Ineffective *ScaleUps `json:"ineffective,omitempty"`
	// Load is the load that the readings tell of; nil where the policy counts.
	Load *adaptive.Estimate `json:"load,omitempty"`
	SignalVerdicts
	// Bill is what the month costs; nil where there is no budget.
	Bill *Bill `json:"bill,omitempty"`
	FoundChanges
}

// FoundChanges are changes of the dynos that a tick found, be they somebody else's or the bot's own of which it did not
// hear.
type FoundChanges struct {
	// ManualChange is set when somebody else had changed the number of dynos since the last tick.
	ManualChange *ManualChange `json:"manual_change,omitempty"`
	// Completed is set when a change that the bot had asked for is found to be made although it did not hear so: it
	// ended before the platform answered, or was told of an error.
	Completed *Completed `json:"completed,omitempty"`
	// CompletedSize is the same of a change of the dyno size.
	CompletedSize *CompletedSize `json:"completed_size,omitempty"`
}

// Found says whether the tick found that the number of dynos or their size had changed: by somebody else, or by a
// change of the bot's own of which it did not hear.
func (d Decision) Found() bool {
	return d.ManualChange != nil || d.Completed != nil || d.CompletedSize != nil
}

// WantsMore says whether slow answers, or signals, call for more dynos.
func (d Decision) WantsMore() bool {
	return d.Rule == RuleSlow || d.Rule == RuleAbove || d.Rule == RuleBreach && d.Desired > d.From ||
		d.Rule == RuleMoreLoad && d.Verdict == Slow
}

// WantsFewer says whether fast answers, or signals, call for fewer.
func (d Decision) WantsFewer() bool {
	return d.Rule == RuleFast || d.Rule == RuleBelow || d.Rule == RuleBreach && d.Desired < d.From ||
		d.Rule == RuleLessLoad && d.Verdict == Fast
}

// Completed is a change of the number of dynos that the bot asked for at Asked.
type Completed struct {
	From  int       `json:"from"`
	To    int       `json:"to"`
	Asked time.Time `json:"asked"`
}

// CompletedSize is a change of the dyno size that the bot asked for at Asked.
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
