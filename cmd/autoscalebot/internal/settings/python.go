package settings

import (
	"slices"
	"strings"
)

var pythonSettings = []string{
	"HEROKU_APP_NAME", "HEROKU_API_KEY", "HEARTBEAT_INTERVAL_IN_SECONDS", "HEARTBEAT_URL", "MAX_RESPONSE_TIME_IN_MS",
	"MIN_RESPONSE_TIME_IN_MS",
	"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER", "MAX_DYNOS", "MIN_DYNOS",
	"TIME_ZONE", "INCREMENT",
	"NOTIFICATION_BACKENDS", "NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD", "NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES",
	"NOTIFY_IF_NEEDS_EXCEED_MAX", "NOTIFY_IF_NEEDS_BELOW_MIN", "NOTIFY_ON_SCALE_FAILS", "NOTIFY_ON_EVERY_SCALE",
	"NOTIFY_ON_EVERY_PING",
}

// Settings of autoscalebot 2.1 may be written as in Python: quoted texts, lists in brackets, and None, an empty text or
// an empty list for the default.
func python(name, text string) string {
	text = strings.TrimSpace(text)
	if !slices.Contains(pythonSettings, name) {
		return text
	}
	if bare, ok := unquoted(text); ok {
		text = strings.TrimSpace(bare)
	} else if text == "None" && name != "HEARTBEAT_URL" { // none means no heartbeat there
		return ""
	}
	if name != "NOTIFICATION_BACKENDS" {
		return text
	}
	for _, brackets := range []string{"[]", "()"} {
		inner, open := strings.CutPrefix(text, brackets[:1])
		if inner, closed := strings.CutSuffix(inner, brackets[1:]); open && closed {
			text = inner
		}
	}
	var out []string
	for _, item := range Split(text) {
		if bare, ok := unquoted(item); ok {
			item = strings.TrimSpace(bare)
		}
		out = append(out, item)
	}
	return strings.Join(out, ",")
}

func unquoted(text string) (bare string, ok bool) {
	if text != "" && strings.ContainsAny(text[:1], "uUbB") {
		text = text[1:]
	}
	n := len(text)
	if n < 2 || text[0] != '\'' && text[0] != '"' || text[n-1] != text[0] ||
		strings.ContainsAny(text[1:n-1], "\\"+text[:1]) {
		return "", false
	}
	return text[1 : n-1], true
}
