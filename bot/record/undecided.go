package record

import "github.com/autoscalebot/autoscalebot/bot/decide"

// Undecided says why the tick was no decision on fresh facts that was carried out: the bot was offline, had no data, did not know the number
// of dynos, or the platform refused the change. It is "" where it was one, be it to hold or to leave the app alone.
func (r Record) Undecided() string {
	d := r.Decision
	switch {
	case r.Action == Interrupted:
		return "the bot was told to stop"
	case d.Rule == decide.RuleOffline:
		return "the bot is offline"
	case r.Dynos < 0:
		return "the number of dynos is not known: " + r.Error
	case r.Action == Failed:
		return "the platform refuses the change: " + r.Error
	case d.Rule == decide.RuleLeftAlone || d.Rule == decide.RuleMaintenance:
		return ""
	case d.Says() == decide.NoData:
		return "there is no data: " + r.Observed()
	}
	return ""
}
