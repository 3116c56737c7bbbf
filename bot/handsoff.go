package bot

// leaveAlone keeps the bot's hands off where somebody told the platform so, whatever was decided: an order and the limits of the
// hour give way, too. What was seen still counts afterwards.
func (b *Bot) leaveAlone(r *Record) {
	if b.handsOff == nil {
		return
	}
	why := b.handsOff.HandsOff()
	if why == "" {
		return
	}
	d := &r.Decision
	d.Rule, d.HandsOff = RuleHandsOff, why
	d.To, d.Wish, d.Clamps = d.From, d.From, nil
	d.holdSize(HeldHandsOff, 0)
}
