package slack

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/autoscalebot/autoscalebot/notify"
)

// maxHeader is the greatest length of a header block in characters, by Slack's reference of blocks.
const maxHeader = 150

// Slack's own names of the colours beside an attachment. "" is grey.
const (
	green  = "good"
	yellow = "warning"
	red    = "danger"
)

// A message is a header, and beside a coloured bar the reason and the details. The text is what phones and screen readers
// show instead.
type message struct {
	text        string
	blocks      []slack.Block
	attachments []slack.Attachment
}

func newMessage(e notify.Event) message {
	subject := e.Subject()
	m := message{
		text:   escape(subject),
		blocks: []slack.Block{slack.NewHeaderBlock(plain(notify.OneLine(subject, maxHeader-1)))},
	}
	var details []slack.Block
	if reason := e.ReasonLine(); reason != "" {
		details = append(details, slack.NewSectionBlock(plain(reason), nil, nil))
	}
	// Slack allows ten fields to a section; an event has seven facts at most.
	var fields, times []*slack.TextBlockObject
	for _, f := range e.Facts() {
		if f.Name == "Time" || f.Name == "Since" {
			times = append(times, plain(f.Name+" "+f.Value))
			continue
		}
		fields = append(fields, slack.NewTextBlockObject(slack.MarkdownType, "*"+f.Name+"*\n"+escape(f.Value), false, false))
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
	if len(details) > 0 {
		m.attachments = []slack.Attachment{{Color: color(e), Fallback: m.text, Blocks: slack.Blocks{BlockSet: details}}}
	}
	return m
}

// plain is text that Slack shows as it stands: no links, no mentions, no emoji.
func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// escape keeps text from being read as a link or a mention, by Slack's rules for its markup.
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
