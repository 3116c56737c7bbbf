// Package email tells people by mail, through an SMTP server.
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
	// encrypted from the beginning. The ports are the default. User and password are percent-encoded, and may be left
	// out. STARTTLS is mandatory unless the host is this machine, or the URL ends in ?starttls=opportunistic or
	// ?starttls=never. The URL is a secret.
	URL string
	// From is the sender's address: "bot@example.com", or "The bot <bot@example.com>".
	From string
	// To are the addresses that get every mail, at least one. One that is there twice gets it once.
	To []string
	// Timeout is the deadline of one mail, from the connection to the server's last word; 0 means 10 s.
	Timeout time.Duration
	// RootCAs are the authorities whose certificates are trusted; nil means the system's.
	RootCAs *x509.CertPool
}

// A Notifier sends mails, each over a connection of its own. It is for use from several goroutines.
type Notifier struct {
	server  server
	from    string
	domain  string // of the sender's address
	to      []string
	timeout time.Duration
	tls     *tls.Config
}

// New checks the options; it calls nobody.
func New(o Options) (*Notifier, error) {
	s, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	from, ok := address(o.From)
	if !ok {
		return nil, fmt.Errorf("email: the sender %q is no mail address; it should look like bot@example.com", o.From)
	}
	if len(o.To) == 0 {
		return nil, errors.New("email: there is no recipient; name at least one address")
	}
	n := &Notifier{server: s, from: from.String(), timeout: o.Timeout}
	_, n.domain, _ = strings.Cut(from.Address, "@")
	seen := map[string]bool{}
	for _, to := range o.To {
		a, ok := address(to)
		if !ok {
			return nil, fmt.Errorf("email: the recipient %q is no mail address; it should look like ops@example.com",
				to)
		}
		if !seen[a.Address] { // which else would get each mail twice
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

// The domain is as SMTP has it: in small letters of ASCII.
func address(text string) (*netmail.Address, bool) {
	a, err := netmail.ParseAddress(text)
	if err != nil || !deliverable(a) {
		return nil, false
	}
	local, domain, _ := strings.Cut(a.Address, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil { // else it is one like [127.0.0.1]
		a.Address = local + "@" + ascii
	}
	return a, true
}

// It can stand in an SMTP command and in a Message-ID as it is.
func deliverable(a *netmail.Address) bool {
	return strings.Count(a.Address, "@") == 1 && !strings.ContainsFunc(a.Address, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"\(),;:`, r)
	})
}

// Notify sends one mail about e to all recipients; when the server refuses one of them, nobody gets it. What the server
// answers with 4xx, and a connection that breaks, are worth another attempt; 5xx and TLS that fails are permanent. The
// event's picture stands in the HTML, unless it is not to be had within 5 s or half of the time that ctx leaves.
func (n *Notifier) Notify(ctx context.Context, e notify.Event) error {
	return n.send(ctx, notify.Batch{e})
}

// Joins is true: any event can stand in one mail with others.
func (n *Notifier) Joins(notify.Event) bool { return true }

// NotifyAll sends one mail about all events of b, as Notify sends one about one, with the newest of their pictures.
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
	// The library looks at its context only until it is connected. Without a connection every later step ends too.
	defer l.hangUp()
	defer context.AfterFunc(ctx, l.hangUp)()
	client, err := n.client(l)
	if err != nil {
		return notify.Permanent(fmt.Errorf("email: prepare to send: %w", err))
	}
	// A mail that the server has taken is sent, whatever happens to the goodbye: another attempt would send it twice.
	if err := client.DialAndSendWithContext(ctx, m); err != nil && !m.IsDelivered() {
		return n.explain(ctx, err)
	}
	return nil
}

// A client keeps state, so each mail has a new one.
func (n *Notifier) client(l *line) (*mail.Client, error) {
	policy := map[string]mail.TLSPolicy{
		mandatory:     mail.TLSMandatory,
		opportunistic: mail.TLSOpportunistic, never: mail.NoTLS,
	}
	options := []mail.Option{
		// Our own deadline hangs up; the library's, set anew at every step, must not come first.
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
		// The library's own discovery doesn't know that a connection from our dialer is encrypted. Over one that is
		// not, PLAIN and LOGIN are refused by the library, except to this machine.
		options = append(options, mail.WithUsername(n.server.user), mail.WithPassword(n.server.pass),
			mail.WithOpportunisticSMTPAuth(
				mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5, mail.SMTPAuthPlain,
				mail.SMTPAuthLogin))
	}
	return mail.NewClient(n.server.host, options...)
}
