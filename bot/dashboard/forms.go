package dashboard

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/when"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

// An option of a form. Value is "" for no end.
type choice struct{ Value, Text string }

// Programs may send other lengths.
func pauseLengths() []choice {
	return append(overrideLengths(), choice{"", "until resumed"})
}

func overrideLengths() []choice {
	return []choice{
		{"15m", "15 minutes"},
		{"1h", "1 hour"},
		{"4h", "4 hours"},
		{"12h", "12 hours"},
		{"24h", "1 day"},
		{"168h", "1 week"},
	}
}

type question struct {
	// Action is the path of the command, Yes the text of its button.
	Text, Note, Action, Yes string
	Fields                  []choice
	Frame                   frame
	Alone                   bool // on a page of its own
}

type operation struct {
	question
	do   func(by string) error
	done string
}

func (d *Dashboard) pause(w http.ResponseWriter, r *http.Request, v visitor) {
	to := bot.Direction(r.FormValue("direction"))
	lasts, text, err := readLength(r.FormValue("for"))
	if err != nil {
		d.refuse(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	what := directionText(to)
	d.carryOut(w, r, v, operation{
		question: question{
			Text: fmt.Sprintf("Pause %s %s?", what, text), Action: "pause", Yes: "Pause",
			Note:   "The limits still apply.",
			Fields: []choice{{"direction", string(to)}, {"for", r.FormValue("for")}},
		},
		do:   func(by string) error { return d.o.Controls.Pause(to, lasts, by) },
		done: fmt.Sprintf("Paused %s %s.", what, text),
	})
}

func (d *Dashboard) resume(w http.ResponseWriter, r *http.Request, v visitor) {
	to := bot.Direction(r.FormValue("direction"))
	what := directionText(to)
	d.carryOut(w, r, v, operation{
		question: question{
			Text: fmt.Sprintf("Resume %s?", what), Action: "resume", Yes: "Resume",
			Fields: []choice{{"direction", string(to)}},
		},
		do:   func(by string) error { return d.o.Controls.Resume(to, by) },
		done: fmt.Sprintf("Resumed %s.", what),
	})
}

func (d *Dashboard) override(w http.ResponseWriter, r *http.Request, v visitor) {
	n, err := strconv.Atoi(r.FormValue("dynos"))
	if err != nil || n < 0 {
		d.refuse(w, r, http.StatusUnprocessableEntity,
			fmt.Sprintf("the number of %s must be a whole number", d.o.Unit.Many()))
		return
	}
	lasts, text, err := readLength(r.FormValue("for"))
	if err != nil || lasts == 0 {
		d.refuse(w, r, http.StatusUnprocessableEntity, "an override needs a duration; use 90m or 2h")
		return
	}
	q := question{
		Text: fmt.Sprintf("Keep %s %s?", d.o.Unit.Of(n), text), Action: "override", Yes: "Override",
		Note:   "The limits still apply.",
		Fields: []choice{{"dynos", strconv.Itoa(n)}, {"for", r.FormValue("for")}},
	}
	if d.o.DryRun {
		q.Note = "This is a dry run: the bot only reports what it would do."
	}
	d.carryOut(w, r, v, operation{
		question: q,
		do:       func(by string) error { return d.o.Controls.Override(n, lasts, by) },
		done: fmt.Sprintf("Override set: %s %s, from the next %s.", d.o.Unit.Of(n), text,
			reading(d.o.NoHeartbeat)),
	})
}

func (d *Dashboard) endOverride(w http.ResponseWriter, r *http.Request, v visitor) {
	d.carryOut(w, r, v, operation{
		question: question{Text: "End the override?", Action: "end-override", Yes: "End override"},
		do:       func(by string) error { return d.o.Controls.EndOverride(by) },
		done:     "Override ended.",
	})
}

func (d *Dashboard) endLimits(w http.ResponseWriter, r *http.Request, v visitor) {
	from, err := time.Parse(time.RFC3339Nano, r.FormValue("from"))
	if err != nil {
		d.refuse(w, r, http.StatusUnprocessableEntity, "the begin of the override must be a time, such as "+
			"2026-11-27T08:00:00Z")
		return
	}
	d.carryOut(w, r, v, operation{
		question: question{
			Text: "End the override of the limits?", Action: "end-limits", Yes: "End limits",
			Note:   "Then the limits of the schedule apply.",
			Fields: []choice{{"from", r.FormValue("from")}},
		},
		do:   func(by string) error { return d.o.Controls.EndLimits(from, by) },
		done: "Override of the limits ended.",
	})
}

// The first request returns a question. The second one, which confirms it, is carried out.
func (d *Dashboard) carryOut(w http.ResponseWriter, r *http.Request, v visitor, asked operation) {
	part := r.Header.Get("X-Part") != ""
	if r.FormValue("confirmed") != "yes" {
		asked.Frame = d.frame(v)
		if part {
			d.render(w, r, http.StatusOK, questionPart(asked.question))
		} else {
			asked.Alone = true
			d.render(w, r, http.StatusOK, questionPage(asked.question))
		}
		return
	}
	if err := asked.do(v.by()); err != nil {
		d.refuse(w, r, http.StatusUnprocessableEntity, oneLine(err))
		return
	}
	d.show(time.Now())
	if part || v.program {
		d.send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(asked.done+"\n"))
		return
	}
	http.Redirect(w, r, d.home()+"#now", http.StatusSeeOther)
}

// The page shows all mistakes in one sentence.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// An empty length has no end. A number without a unit is minutes, as in the commands.
func readLength(given string) (d time.Duration, text string, err error) {
	if given == "" {
		return 0, "until resumed", nil
	}
	if d, err = when.Duration(given, time.Minute); err != nil {
		return 0, "", err
	}
	if d == 0 {
		return 0, "", fmt.Errorf("%q: must be a duration above 0, such as 90m or 2h", given)
	}
	return d, "for " + words.Length(d), nil
}

func directionText(d bot.Direction) string {
	switch d {
	case bot.Up:
		return "scale-ups"
	case bot.Down:
		return "scale-downs"
	}
	return "all scaling"
}
