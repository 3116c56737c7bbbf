// Package email sends notices by e-mail, through an SMTP server.
package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Options are the settings of a [Notifier].
type Options struct {
	// URL is the server: smtp://user:password@host:587, encrypted by STARTTLS, or smtps://user:password@host:465,
	// encrypted from the start. These ports are the default. User and password are percent-encoded and optional.
	// STARTTLS is mandatory unless the host is this machine or the URL ends in ?starttls=opportunistic or
	// ?starttls=never. The URL is a secret.
	URL string
	// From is the sender's address: "bot@example.com", or "The bot <bot@example.com>".
	From string
	// To are the recipients' addresses, at least one. Duplicates are ignored.
	To []string
	// Timeout is the deadline of one mail, including the connection; 0 means 10 s.
	Timeout time.Duration
	// RootCAs are the trusted certificate authorities; nil means the system's.
	RootCAs *x509.CertPool
}

// A Notifier sends mails, each over its own connection. It may be used from several goroutines.
type Notifier struct {
	server  server
	from    string
	domain  string // of the sender's address
	to      []string
	timeout time.Duration
	tls     *tls.Config
}

// New checks the options. It does not connect.
func New(o Options) (*Notifier, error) {
	s, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	from, ok := address(o.From)
	if !ok {
		return nil, fmt.Errorf("email: invalid sender %q: must be an address such as bot@example.com", o.From)
	}
	if len(o.To) == 0 {
		return nil, errors.New("email: no recipient: set at least one address")
	}
	n := &Notifier{server: s, from: from.String(), timeout: o.Timeout}
	_, n.domain, _ = strings.Cut(from.Address, "@")
	seen := map[string]bool{}
	for _, to := range o.To {
		a, ok := address(to)
		if !ok {
			return nil, fmt.Errorf("email: invalid recipient %q: must be an address such as ops@example.com", to)
		}
		if !seen[a.Address] {
			n.to = append(n.to, a.String())
		}
		seen[a.Address] = true
	}
	if n.timeout <= 0 {
		n.timeout = 10 * time.Second
	}
	n.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
	return n, nil
}

// SMTP needs the domain in lower-case ASCII.
func address(text string) (*netmail.Address, bool) {
	a, err := netmail.ParseAddress(text)
	if err != nil || !deliverable(a) {
		return nil, false
	}
	local, domain, _ := strings.Cut(a.Address, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil { // an error means an address such as [127.0.0.1]
		a.Address = local + "@" + ascii
	}
	return a, true
}

// An SMTP command and a Message-ID can contain it unquoted.
func deliverable(a *netmail.Address) bool {
	return strings.Count(a.Address, "@") == 1 && !strings.ContainsFunc(a.Address, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"\(),;:`, r)
	})
}

// Notify sends one mail about e to all recipients. If the server refuses one of them, no one gets it. Responses of 4xx
// and a broken connection can be retried; 5xx and a TLS failure are permanent errors. The HTML contains the event's
// picture, if it is ready within 5 s and half of the time left in ctx.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	return n.send(ctx, notify.Batch{e})
}

// Joins is always true.
func (n *Notifier) Joins(notify.Event) bool { return true }

// NotifyAll sends one mail about all events of b, under the contract of Notify, with the newest of their pictures.
func (n *Notifier) NotifyAll(ctx context.Context, b notify.Batch) error {
	return n.send(ctx, b)
}

func (n *Notifier) send(ctx context.Context, b notify.Batch) error {
	m, err := n.message(ctx, b)
	if err != nil {
		return notify.Permanent(fmt.Errorf("email: write the mail: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	l := &line{server: n.server, tls: n.tls}
	// The library ignores its context once it is connected. Closing the connection ends every later step.
	defer l.hangUp()
	defer context.AfterFunc(ctx, l.hangUp)()
	client, err := n.client(l)
	if err != nil {
		return notify.Permanent(fmt.Errorf("email: prepare to send: %w", err))
	}
	// Once the server has accepted the mail, an error of the QUIT must not cause a second mail.
	if err := client.DialAndSendWithContext(ctx, m); err != nil && !m.IsDelivered() {
		return n.explain(ctx, err)
	}
	return nil
}

// A client keeps state, so each mail needs a new one.
func (n *Notifier) client(l *line) (*mail.Client, error) {
	policy := map[string]mail.TLSPolicy{
		mandatory:     mail.TLSMandatory,
		opportunistic: mail.TLSOpportunistic, never: mail.NoTLS,
	}
	options := []mail.Option{
		// Our own deadline closes the connection. The library restarts its own at every step, so it must be later.
		mail.WithPort(n.server.port), mail.WithTimeout(2 * n.timeout), mail.WithTLSConfig(n.tls),
		mail.WithDialContextFunc(l.dial),
		mail.WithoutNoop(), mail.WithoutRset(),
	}
	if n.server.tls {
		options = append(options, mail.WithSSL())
	} else {
		options = append(options, mail.WithTLSPolicy(policy[n.server.starttls]))
	}
	if n.server.user != "" {
		// The library's discovery does not see that our dialer's connection is encrypted. Without encryption it refuses
		// PLAIN and LOGIN, except to this machine.
		options = append(options, mail.WithUsername(n.server.user), mail.WithPassword(n.server.pass),
			mail.WithOpportunisticSMTPAuth(
				mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5, mail.SMTPAuthPlain,
				mail.SMTPAuthLogin))
	}
	return mail.NewClient(n.server.host, options...)
}
