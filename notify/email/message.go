package email

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Every attempt has the same texts and Message-ID, so mail programs can drop a duplicate.
func (n *Notifier) message(ctx context.Context, b notify.Batch) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(n.from); err != nil {
		return nil, err
	}
	if err := m.To(n.to...); err != nil {
		return nil, err
	}
	m.Subject("[autoscalebot] " + b.Subject())
	m.SetUserAgent("autoscalebot")
	n.thread(m, b)
	// RFC 3834: it prevents vacation messages and other automatic replies.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetDateWithValue(date(b[len(b)-1].Time))
	m.SetBodyString(mail.TypeTextPlain, text(b))
	picture, of := b.Paint(ctx)
	if of < 0 {
		m.AddAlternativeString(mail.TypeTextHTML, htmlText(b, "", of))
		return m, nil
	}
	id := "picture." + messageID(b[of].ID) + "@autoscalebot"
	m.AddAlternativeString(mail.TypeTextHTML, htmlText(b, image(picture, id), of))
	m.EmbedReadSeeker("picture.png", bytes.NewReader(picture.PNG), mail.WithFileContentType("image/png"),
		mail.WithFileContentID("<"+id+">"))
	return m, nil
}

// Mail programs show the mails of an incident as one thread. The mail that opens an incident has the incident's ID as
// its Message-ID, and later mails reply to it. A mail that opens several incidents has the ID of the first and
// references the others. Their later mails reference the same IDs, so all are in one thread.
func (n *Notifier) thread(m *mail.Msg, b notify.Batch) {
	own := messageID(b[0].ID)
	var openings, answered, references []string // the left parts of Message-IDs
	for _, e := range b {
		if e.Incident != "" && e.Phase == notify.Opened {
			openings = append(openings, messageID(e.Incident))
		}
	}
	if len(openings) > 0 {
		own = openings[0]
	}
	for _, e := range b {
		opening := messageID(e.Incident)
		if e.Incident == "" || opening == own || slices.Contains(references, opening) {
			continue
		}
		references = append(references, opening)
		if !slices.Contains(openings, opening) {
			answered = append(answered, opening)
		}
	}
	m.SetMessageIDWithValue(own + "@" + n.domain)
	n.refer(m, mail.HeaderInReplyTo, answered)
	n.refer(m, mail.HeaderReferences, references)
}

func (n *Notifier) refer(m *mail.Msg, h mail.Header, ids []string) {
	if len(ids) > 0 {
		m.SetGenHeader(h, "<"+strings.Join(ids, "@"+n.domain+"> <")+"@"+n.domain+">")
	}
}

// RFC 5322: characters other than letters, digits, "-" and "_" become "-". The bot's own IDs have no others.
func messageID(id string) string {
	id = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '-'
	}, id)
	// A header line should have at most 78 characters.
	if id = id[:min(len(id), 64)]; id == "" {
		return "event"
	}
	return id
}

// An event without a valid time gets the present time.
func date(at time.Time) time.Time {
	if at.Year() < 1970 || at.Year() > 9999 {
		return time.Now()
	}
	return at
}

func text(b notify.Batch) string {
	var s strings.Builder
	for i, e := range b {
		if i > 0 {
			s.WriteString("\n* * *\n\n")
		}
		s.WriteString(e.Subject() + "\n\n" + e.Text() + "\n")
	}
	return s.String()
}

// Any mail program can show it: it has no style sheet and loads nothing. The image is below the event with index of.
func htmlText(b notify.Batch, image string, of int) string {
	var s strings.Builder
	s.WriteString("<!DOCTYPE html>\n<html><body>\n")
	for i, e := range b {
		if i > 0 {
			s.WriteString("<hr>\n")
		}
		s.WriteString("<p><b>" + html.EscapeString(e.Subject()) + "</b></p>\n")
		for _, line := range []string{e.ReasonLine(), e.AdviceLine()} {
			if line != "" {
				s.WriteString("<p>" + html.EscapeString(line) + "</p>\n")
			}
		}
		s.WriteString("<table>\n")
		for _, f := range e.Facts() {
			s.WriteString(`<tr><th align="left">` + html.EscapeString(f.Name) + "</th><td>" + html.EscapeString(f.Value) + "</td></tr>\n")
		}
		s.WriteString("</table>\n")
		if i == of {
			s.WriteString(image)
		}
	}
	s.WriteString("</body></html>\n")
	return s.String()
}

// On a narrow screen the picture shrinks to its width.
func image(p notify.Picture, id string) string {
	size := ""
	if p.Width > 0 && p.Height > 0 {
		size = fmt.Sprintf(` width="%d" height="%d"`, p.Width, p.Height)
	}
	return `<p><img src="cid:` + id + `" alt="` + html.EscapeString(p.AltLine()) + `"` + size + ` style="max-width:100%;height:auto"></p>` + "\n"
}
