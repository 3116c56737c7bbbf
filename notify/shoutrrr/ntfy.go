package shoutrrr

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// The library appends each message's headers, such as the title, to those of earlier messages, and sends only the first
// ones. So every message needs new headers.
type ntfyService struct {
	ntfy.Service
	client *http.Client
}

func (s *ntfyService) Initialize(u *url.URL, l types.StdLogger) error {
	if err := s.Service.Initialize(u, l); err != nil {
		return err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Config.DisableTLSVerification}
	s.client = &http.Client{Transport: t, Timeout: ntfy.HTTPTimeout * time.Second}
	return nil
}

func (s *ntfyService) Send(message string, params *types.Params) error {
	s.SetHTTPClient(s.client) // resets the headers
	return s.Service.Send(message, params)
}
