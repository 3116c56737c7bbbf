package dashboard

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

// Value is what a form sends, "" for no end.
type choice struct{ Value, Text string }

// A form may send others.
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
	// Action is what the page is asked for by the answer, Yes the word for it.
	Text, Note, Action, Yes string
	Fields                  []choice
	// of a page of its own
	Frame frame
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
			Note:   "The limits of the hour hold all the same.",
			Fields: []choice{{"direction", string(to)}, {"for", r.FormValue("for")}},
		},
		do:   func(by string) error { return d.o.Controls.Pause(to, lasts, by) },
		done: fmt.Sprintf("Paused: %s, %s.", what, text),
	})
}

func (d *Dashboard) resume(w http.ResponseWriter, r *http.Request, v visitor) {
	to := bot.Direction(r.FormValue("direction"))
	what := directionText(to)
	d.carryOut(w, r, v, operation{
		question: question{
			Text: fmt.Sprintf("Resume %s now?", what), Action: "resume", Yes: "Resume",
			Fields: []choice{{"direction", string(to)}},
		},
		do:   func(by string) error { return d.o.Controls.Resume(to, by) },
		done: fmt.Sprintf("Resumed: %s.", what),
	})
}

func (d *Dashboard) override(w http.ResponseWriter, r *http.Request, v visitor) {
	n, err := strconv.Atoi(r.FormValue("dynos"))
	if err != nil || n < 0 {
		d.refuse(w, r, http.StatusUnprocessableEntity, "write how many dynos there are to be, as a whole number")
		return
	}
	lasts, text, err := readLength(r.FormValue("for"))
	if err != nil || lasts == 0 {
		d.refuse(w, r, http.StatusUnprocessableEntity, "say for how long")
		return
	}
	q := question{
		Text: fmt.Sprintf("Scale to %s %s?", count(n, "dyno", "dynos"), text), Action: "override", Yes: "Scale",
		Note:   "Meanwhile the bot changes the number only where the limits of the hour ask for it.",
		Fields: []choice{{"dynos", strconv.Itoa(n)}, {"for", r.FormValue("for")}},
	}
	if d.o.DryRun {
		q.Note = "This is a dry run, so the bot will only say what it would do."
	}
	d.carryOut(w, r, v, operation{
		question: q,
		do:       func(by string) error { return d.o.Controls.Override(n, lasts, by) },
		done: fmt.Sprintf("The bot goes to %s with its next reading, and keeps them %s.",
			count(n, "dyno", "dynos"), text),
	})
}

func (d *Dashboard) endOverride(w http.ResponseWriter, r *http.Request, v visitor) {
	d.carryOut(w, r, v, operation{
		question: question{Text: "Let the bot decide by itself again?", Action: "end-override", Yes: "Let it decide"},
		do:       func(by string) error { return d.o.Controls.EndOverride(by) },
		done:     "The bot decides by itself again.",
	})
}

// It does so on the second time. On the first it asks whether the visitor means it.
func (d *Dashboard) carryOut(w http.ResponseWriter, r *http.Request, v visitor, asked operation) {
	part := r.Header.Get("X-Part") != ""
	if r.FormValue("confirmed") != "yes" {
		asked.Frame = d.frame(v)
		if part {
			d.render(w, r, http.StatusOK, questionPart(asked.question))
		} else {
			d.render(w, r, http.StatusOK, questionPage(asked.question))
		}
		return
	}
	if err := asked.do(v.by()); err != nil {
		d.refuse(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	d.show(time.Now())
	if part || v.program {
		d.send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(asked.done+"\n"))
		return
	}
	http.Redirect(w, r, d.home()+"#now", http.StatusSeeOther)
}

// "" is without an end. The text is for people.
func readLength(given string) (d time.Duration, text string, err error) {
	if given == "" {
		return 0, "until somebody resumes", nil
	}
	d, err = time.ParseDuration(given)
	if err != nil || d <= 0 {
		return 0, "", fmt.Errorf("%.40q is no length of time; write one such as 90m or 2h", given)
	}
	return d, "for " + words.Length(d), nil
}

func directionText(d bot.Direction) string {
	switch d {
	case bot.Up:
		return "scaling up"
	case bot.Down:
		return "scaling down"
	}
	return "scaling up and down"
}
