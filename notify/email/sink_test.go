package email_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/autoscalebot/autoscalebot/notify/email"
)

const (
	user        = "apikey-u5er"
	pass        = `p@ss/w:rd?#%"s3cr3t`
	credentials = "apikey-u5er:p%40ss%2Fw%3Ard%3F%23%25%22s3cr3t@" // as the URL has them
)

type delivery struct {
	from      string
	to        []string
	encrypted bool
	mechanism string // of authentication; empty for none
	raw       string
}

func (d delivery) header(t *testing.T, name string) string {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(d.raw))
	if err != nil {
		t.Fatal(err)
	}
	value, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (d delivery) bodies(t *testing.T) (text, html string) {
	t.Helper()
	parts := d.parts(t)
	return parts["text/plain"].body, parts["text/html"].body
}

// The content is decoded. Text has \n as its line ends.
type part struct {
	header textproto.MIMEHeader
	body   string
}

// by media type
func (d delivery) parts(t *testing.T) map[string]part {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(d.raw))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]part{}
	var read func(header textproto.MIMEHeader, body io.Reader, within string)
	read = func(header textproto.MIMEHeader, body io.Reader, within string) {
		kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
		switch {
		case err != nil:
			t.Fatal(err)
		case kind == "multipart/alternative" && within != kind, kind == "multipart/related" && within == "":
			for r := multipart.NewReader(body, params["boundary"]); ; {
				p, err := r.NextPart() // which decodes quoted-printable
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				read(p.Header, p, kind)
			}
		case strings.HasPrefix(kind, "text/") && within == "multipart/alternative", kind == "image/png" && within == "multipart/related":
			if header.Get("Content-Transfer-Encoding") == "base64" {
				body = base64.NewDecoder(base64.StdEncoding, body)
			}
			b, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(kind, "text/") {
				b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
			}
			if _, twice := parts[kind]; twice {
				t.Errorf("the mail has more than one part of type %s", kind)
			}
			parts[kind] = part{header, string(b)}
		default:
			t.Fatalf("the mail has a part of type %s in one of type %q", kind, within)
		}
	}
	read(textproto.MIMEHeader(m.Header), m.Body, "")
	return parts
}

type sink struct {
	addr     string // host:port
	roots    *x509.CertPool
	smtp     *smtp.Server
	listener net.Listener

	mu         sync.Mutex
	deliveries []delivery
	refuse     map[string]error // by stage: "auth", "from", "to", "data"
	hang       chan struct{}    // nil = don't; closed at the end of the test
}

type sinkOptions struct {
	tls      bool     // from the beginning
	starttls bool     // offered
	auth     []string // mechanisms; nil = nobody need say who they are
}

func newSink(t *testing.T, o sinkOptions) *sink {
	t.Helper()
	s := &sink{refuse: map[string]error{}}
	// httptest's certificate is for 127.0.0.1 and example.com.
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certified.Certificate())
	config := &tls.Config{Certificates: certified.TLS.Certificates}

	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		session := &session{sink: s, conn: c}
		if o.auth == nil {
			return session, nil
		}
		return &authSession{session, o.auth}, nil
	}))
	s.smtp.AllowInsecureAuth = true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener, s.addr = l, l.Addr().String()
	if o.starttls {
		s.smtp.TLSConfig = config
	}
	if o.tls {
		l = tls.NewListener(l, config)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.smtp.Serve(l) })
	t.Cleanup(func() {
		s.mu.Lock()
		if s.hang != nil {
			close(s.hang)
		}
		s.mu.Unlock()
		s.close()
		wg.Wait()
	})
	return s
}

// The server's goroutine must run before it knows the listener.
func (s *sink) close() {
	_ = s.listener.Close()
	_ = s.smtp.Close()
}

func (s *sink) startHanging() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang = make(chan struct{})
}

func (s *sink) refuseAt(stage string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[stage] = err
}

func (s *sink) at(stage string) error {
	s.mu.Lock()
	hang, err := s.hang, s.refuse[stage]
	s.mu.Unlock()
	if hang != nil {
		<-hang
		return errors.New("too late")
	}
	return err
}

func (s *sink) got() []delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]delivery(nil), s.deliveries...)
}

func (s *sink) open(t *testing.T, scheme, credentials, query string) *email.Notifier {
	t.Helper()
	n, err := email.New(email.Options{
		URL: scheme + "://" + credentials + s.addr + query, From: "The bot <bot@example.com>",
		To: []string{"ops@example.org", "dev@example.net"}, RootCAs: s.roots,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type session struct {
	*sink
	conn *smtp.Conn
	mail delivery
}

func (s *session) Reset()        { s.mail.from, s.mail.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.from = from
	return s.at("from")
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.at("to")
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.at("data"); err != nil {
		return err
	}
	_, s.mail.encrypted = s.conn.TLSConnectionState()
	s.mail.raw = string(b)
	s.mu.Lock()
	s.deliveries = append(s.deliveries, s.mail)
	s.mu.Unlock()
	return nil
}

type authSession struct {
	*session
	mechanisms []string
}

func (s *authSession) AuthMechanisms() []string { return s.mechanisms }

func (s *authSession) Mail(from string, o *smtp.MailOptions) error {
	if s.mail.mechanism == "" {
		return smtp.ErrAuthRequired
	}
	return s.session.Mail(from, o)
}

func (s *authSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(ok bool) error {
		if err := s.at("auth"); err != nil {
			return err
		}
		if !ok {
			return smtp.ErrAuthFailed
		}
		s.mail.mechanism = mechanism
		return nil
	}
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, u, p string) error { return check(u == user && p == pass) }), nil
	case "LOGIN":
		return &dialog{ask: []string{"Username:", "Password:"}, check: func(a []string) error { return check(a[0] == user && a[1] == pass) }}, nil
	case "CRAM-MD5":
		const challenge = "<1896.697170952@example.com>"
		mac := hmac.New(md5.New, []byte(pass))
		mac.Write([]byte(challenge))
		want := user + " " + hex.EncodeToString(mac.Sum(nil))
		return &dialog{ask: []string{challenge}, check: func(a []string) error { return check(a[0] == want) }}, nil
	}
	return nil, fmt.Errorf("mechanism %s", mechanism)
}

type dialog struct {
	ask     []string
	answers []string
	check   func(answers []string) error
}

func (d *dialog) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		d.answers = append(d.answers, string(response))
	}
	if n := len(d.answers); n < len(d.ask) {
		return []byte(d.ask[n]), false, nil
	}
	return nil, true, d.check(d.answers)
}
