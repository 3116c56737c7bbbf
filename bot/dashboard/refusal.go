package dashboard

import (
	"cmp"
	"net/http"
	"strings"
)

// Headings of the pages that people see; others have the status's own text.
var headings = map[int]string{
	http.StatusUnauthorized:        "Sign in first",
	http.StatusForbidden:           "Form refused",
	http.StatusNotFound:            "Page not found",
	http.StatusUnprocessableEntity: "Not carried out",
	http.StatusServiceUnavailable:  "Not available",
}

// A browser that opens a page gets a page. Scripts and programs get the text alone. The page may be public, so it has
// no data of the app.
func (d *Dashboard) refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	if opensPage(r) {
		d.render(w, r, status, refusalPage(frame{Home: d.home(), assets: d.assets},
			cmp.Or(headings[status], http.StatusText(status)), text))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // fails if the client has disconnected
}

func opensPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("X-Part") == ""
}
