package email

import (
	"html"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/autoscalebot/autoscalebot/notify"
)

// message writes e as a mail: plain text, and the same in HTML. It is the same for every attempt, the Message-ID too, so that
// mail programs can drop one that arrives twice. The mail that opens an incident has the incident's id for its own, and the
// later ones answer it, so that mail programs show them together.
func (n *Notifier) message(e notify.Event) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(n.from); err != nil {
		return nil, err
	}
	if err := m.To(n.to...); err != nil {
		return nil, err
	}
	subject := e.Subject()
	m.Subject("[autoscalebot] " + subject)
	m.SetUserAgent("autoscalebot")
	id := messageID(e.ID) + "@" + n.domain
	if e.Incident != "" {
		opening := messageID(e.Incident) + "@" + n.domain
		if e.Phase == notify.Opened {
			id = opening
		} else {
			m.SetGenHeader(mail.HeaderInReplyTo, "<"+opening+">")
			m.SetGenHeader(mail.HeaderReferences, "<"+opening+">")
		}
	}
	m.SetMessageIDWithValue(id)
	// RFC 3834: it keeps vacation messages and other robots from answering.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetDateWithValue(date(e.Time))
	m.SetBodyString(mail.TypeTextPlain, subject+"\n\n"+e.Text()+"\n")
	m.AddAlternativeString(mail.TypeTextHTML, htmlText(e))
	return m, nil
}

// messageID is id as the left part of a Message-ID can carry it, by RFC 5322: what is neither a letter nor a digit, nor one of
// "-_", becomes "-". The bot's IDs stay as they are.
func messageID(id string) string {
	id = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '-'
	}, id)
	// A line of a header is to hold 78 characters.
	if id = id[:min(len(id), 64)]; id == "" {
		return "event"
	}
	return id
}

// date is at, or now for events without a time and with one that no mail can carry.
func date(at time.Time) time.Time {
	if at.Year() < 1970 || at.Year() > 9999 {
		return time.Now()
	}
	return at
}

// htmlText is e in HTML that any mail program shows: no style sheet, no picture.
func htmlText(e notify.Event) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><body>\n<p><b>" + html.EscapeString(e.Subject()) + "</b></p>\n")
	if reason := e.ReasonLine(); reason != "" {
		b.WriteString("<p>" + html.EscapeString(reason) + "</p>\n")
	}
	b.WriteString("<table>\n")
	for _, f := range e.Facts() {
		b.WriteString(`<tr><th align="left">` + html.EscapeString(f.Name) + "</th><td>" + html.EscapeString(f.Value) + "</td></tr>\n")
	}
	b.WriteString("</table>\n</body></html>\n")
	return b.String()
}
