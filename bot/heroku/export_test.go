package heroku

import "net/http"

// NewOver makes a Platform whose calls go to a transport of the test's, so that they can be in virtual time.
func NewOver(o Options, inner http.RoundTripper) (*Platform, error) {
	a, err := OpenOver(o, inner)
	if err != nil {
		return nil, err
	}
	return a.Scaler(o.ProcessType)
}

// OpenOver makes an App whose calls go to a transport of the test's.
func OpenOver(o Options, inner http.RoundTripper) (*App, error) { return openOver(o, inner) }
