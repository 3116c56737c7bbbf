package dashboard

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// An intervention is what people have set, such as an override, or planned.
type intervention struct {
	What, Note string
	From       string    // empty if it has begun
	Until      time.Time // zero if it has no end
	End        string    // the end in words
	// Form is the id of the form that ends it, with Name and Value in its request; empty if the page cannot end it.
	Form, Name, Value, Button string
}

func (d *Dashboard) interventions(c decide.Control, now time.Time) []intervention {
	var out []intervention
	if d.o.DryRun {
		out = append(out, intervention{
			What: "Dry run", Note: "The bot decides, but changes nothing.", End: "until DRY_RUN is removed",
		})
	}
	out = append(out, d.pauses(c, now)...)
	if o := c.Override; o.Active(now) {
		out = append(out, intervention{
			What: "Override: " + d.o.Unit.Of(o.Dynos), Note: "by " + who(o.By), Until: o.Until, Form: "do-end-override",
			Button: "End override…",
		})
	}
	for _, o := range c.Limits {
		if !now.Before(o.Until) {
			continue
		}
		in := intervention{
			What: fmt.Sprintf("Limits: %s %s", between(o.Min, o.Max), d.o.Unit.Many()), Note: "by " + who(o.By),
			Until: o.Until, Form: "do-end-limits", Name: "from", Value: stamp(o.From), Button: "End limits…",
		}
		if !o.Active(now) {
			in.From = "from " + at(o.From.In(d.o.Zone), now)
		}
		out = append(out, in)
	}
	for i := range out {
		in := &out[i]
		if !in.Until.IsZero() {
			in.Until = in.Until.In(d.o.Zone)
			in.End = "until " + at(in.Until, now)
		}
		if d.o.Controls == nil {
			in.Form = ""
		}
	}
	return out
}

// Pauses in both directions that one command has set are one.
func (d *Dashboard) pauses(c decide.Control, now time.Time) []intervention {
	var out []intervention
	for _, p := range []struct {
		to      bot.Direction
		setting bool
	}{{bot.Up, d.o.Policy.PauseUp}, {bot.Down, d.o.Policy.PauseDown}} {
		if p.setting {
			out = append(out, intervention{
				What: "Paused: " + directionText(p.to), Note: "by the setting PAUSED", End: "until PAUSED is removed",
			})
		}
	}
	paused := func(to bot.Direction, p decide.Pause) {
		in := intervention{
			What: "Paused: " + directionText(to), Note: "by " + who(p.By), Until: p.Until, Form: "do-resume",
			Name: "direction", Value: string(to), Button: "Resume…",
		}
		if p.Until.IsZero() {
			in.End = "until resumed"
		}
		out = append(out, in)
	}
	up, down := c.Up.Active(now), c.Down.Active(now)
	if up && down && c.Up == c.Down {
		paused(bot.Both, c.Up)
		return out
	}
	if up {
		paused(bot.Up, c.Up)
	}
	if down {
		paused(bot.Down, c.Down)
	}
	return out
}
