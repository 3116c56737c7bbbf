package decide

// This overrules an override and the limits. What was seen still counts afterwards.
func (d *Decision) leaveAlone(why string) {
	if why == "" {
		return
	}
	d.Rule, d.LeftAlone = RuleLeftAlone, why
	d.To, d.Desired, d.Clamps = d.From, d.From, nil
	d.holdSize(HeldLeftAlone, 0)
}
