package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/autoscalebot/autoscalebot/notify"
)

const maxHeader = 150 // characters; Slack's limit

// Slack's names of an attachment's colors. "" is gray.
const (
	green  = "good"
	yellow = "warning"
	red    = "danger"
)

// Notifications and screen readers use the text instead of the rest.
type message struct {
	text        string
	blocks      []slack.Block
	attachments []slack.Attachment
}

func newMessage(e notify.Event) message {
	subject := e.Subject()
	m := newHeader(subject, subject)
	if d := details(e); len(d) > 0 {
		m.attach(e, d)
	}
	return m
}

// Each event has its own colored bar. With the header there are at most 41 blocks; Slack allows 50.
func newBatch(b notify.Batch) message {
	text := b.Subject()
	for _, e := range b {
		text += "\n• " + e.Subject()
	}
	m := newHeader(b.Subject(), text)
	for _, e := range b {
		subject := slack.NewTextBlockObject(slack.MarkdownType, "*"+escape(e.Subject())+"*", false, false)
		m.attach(e, append([]slack.Block{slack.NewSectionBlock(subject, nil, nil)}, details(e)...))
	}
	return m
}

func newHeader(header, text string) message {
	return message{text: escape(text), blocks: []slack.Block{slack.NewHeaderBlock(plain(notify.OneLine(header,
		maxHeader-1)))}}
}

func (m *message) attach(e notify.Event, blocks []slack.Block) {
	m.attachments = append(m.attachments, slack.Attachment{
		Color: color(e), Fallback: escape(e.Subject()), Blocks: slack.Blocks{BlockSet: blocks},
	})
}

// It has at most three blocks.
func details(e notify.Event) []slack.Block {
	var details []slack.Block
	if text := strings.Trim(e.ReasonLine()+"\n"+e.AdviceLine(), "\n"); text != "" {
		details = append(details, slack.NewSectionBlock(plain(text), nil, nil))
	}
	// Slack allows ten fields per section. An event has at most six here.
	var fields, times []*slack.TextBlockObject
	for _, f := range e.Facts() {
		if f.Name == "Time" || f.Name == "Since" {
			times = append(times, plain(f.Name+" "+f.Value))
			continue
		}
		fields = append(fields, slack.NewTextBlockObject(slack.MarkdownType,
			"*"+f.Name+"*\n"+escape(f.Value), false, false))
	}
	if len(fields) > 0 {
		details = append(details, slack.NewSectionBlock(nil, fields, nil))
	}
	if len(times) > 0 {
		var elements []slack.MixedElement
		for _, t := range times {
			elements = append(elements, t)
		}
		details = append(details, slack.NewContextBlock("", elements...))
	}
	return details
}

// Slack renders no links, mentions or emoji in plain text.
func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// Slack's markup needs these three escaped.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func color(e notify.Event) string {
	switch {
	case e.Phase == notify.Resolved, e.Kind == notify.HeartbeatRecovered:
		return green
	case e.Kind == notify.ScaleFailed, e.Kind == notify.HeartbeatUnreachable:
		return red
	case e.Phase == notify.Opened, e.Phase == notify.Reminded, e.Kind == notify.ScaleDiffExceeded:
		return yellow
	}
	return ""
}
