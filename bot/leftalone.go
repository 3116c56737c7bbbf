package bot

// leaveAlone keeps the bot's hands off where somebody told the platform so, whatever was decided: an order and the limits of the
// hour give way, too. What was seen still counts afterwards.
func (b *Bot) leaveAlone(r *Record) {
	if b.leftAlone == nil {
		return
	}
	why := b.leftAlone.LeftAlone()
	if why == "" {
		return
	}
	d := &r.Decision
	d.Rule, d.LeftAlone = RuleLeftAlone, why
	d.To, d.Desired, d.Clamps = d.From, d.From, nil
	d.holdSize(HeldLeftAlone, 0)
}
