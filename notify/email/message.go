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

// The picture is the newest, if it is done in time. The texts are the same for every attempt, the Message-ID too,
// so that mail programs can drop one that arrives twice.
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
	// RFC 3834: it keeps vacation messages and other robots from answering.
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

// thread names the mail so that mail programs show those of one incident together. The mail that opens an incident has
// the incident's id for its own, and the later ones answer it. Since a mail has one id, one that opens several
// incidents has that of the first, and refers to those of the others, as if it answered them: so do the later mails of
// those, and all meet in one thread.
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

// RFC 5322: what is neither a letter nor a digit, nor one of "-_", becomes "-". The bot's IDs stay as they are.
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

// It is now for events without a time and with one that no mail can carry.
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

// Any mail program shows it: no style sheet, nothing from elsewhere. The image stands below the event at of.
func htmlText(b notify.Batch, image string, of int) string {
	var s strings.Builder
	s.WriteString("<!DOCTYPE html>\n<html><body>\n")
	for i, e := range b {
		if i > 0 {
			s.WriteString("<hr>\n")
		}
		s.WriteString("<p><b>" + html.EscapeString(e.Subject()) + "</b></p>\n")
		if reason := e.ReasonLine(); reason != "" {
			s.WriteString("<p>" + html.EscapeString(reason) + "</p>\n")
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

// On a narrow screen the picture is as wide as that.
func image(p notify.Picture, id string) string {
	size := ""
	if p.Width > 0 && p.Height > 0 {
		size = fmt.Sprintf(` width="%d" height="%d"`, p.Width, p.Height)
	}
	return `<p><img src="cid:` + id + `" alt="` + html.EscapeString(p.AltLine()) + `"` + size + ` style="max-width:100%;height:auto"></p>` + "\n"
}
