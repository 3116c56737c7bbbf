package web

import (
	"fmt"
	"strings"
)

// Tail is the end of a failed call's error, after what was tried and what the answer was, as in " (3 tries, request r1): try later".
// gaveUp says why no further try was made although one might have helped, requestID is the server's name of the request, and hint says what
// to do. What is empty is left out, and tries below 2 are.
func Tail(tries int, gaveUp, requestID, hint string) string {
	var b strings.Builder
	var more []string
	if tries > 1 {
		more = append(more, fmt.Sprintf("%d tries", tries))
	}
	if gaveUp != "" {
		more = append(more, gaveUp)
	}
	if requestID != "" {
		more = append(more, "request "+requestID)
	}
	if len(more) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(more, ", "))
	}
	if hint != "" {
		fmt.Fprintf(&b, ": %s", hint)
	}
	return b.String()
}
