package email_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/email"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// in all forms that no error may contain
func secrets() []string {
	b64 := base64.StdEncoding.EncodeToString
	return []string{user, pass, credentials, "s3cr3t", b64([]byte(pass)), b64([]byte("\x00" + user + "\x00" + pass))}
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		scheme string
		sink   sinkOptions
	}{
		"STARTTLS":     {"smtp", sinkOptions{starttls: true, auth: []string{"PLAIN"}}},
		"implicit TLS": {"smtps", sinkOptions{tls: true, auth: []string{"PLAIN"}}},
	} {
		t.Run(name, func(t *testing.T) {
			notifytest.Run(t, func(t *testing.T) notifytest.Fixture {
				s := newSink(t, c.sink)
				return notifytest.Fixture{
					Notifier: s.open(t, c.scheme, credentials, ""),
					Arrived: func() (all []string) {
						for _, d := range s.got() {
							text, _ := d.bodies(t)
							all = append(all, d.header(t, "Subject")+"\n"+text)
						}
						return all
					},
					Pictures: func() (all [][]byte) {
						for _, d := range s.got() {
							if p, ok := d.parts(t)["image/png"]; ok {
								all = append(all, []byte(p.body))
							}
						}
						return all
					},
					Batches: true,
					Hang:    s.startHanging,
					Refuse:  func() { s.refuseAt("to", &smtp.SMTPError{Code: 550, Message: strings.Join(secrets(), " ")}) },
					Vanish:  s.close,
					Secrets: secrets(),
				}
			})
		})
	}
}

func TestWaysToConnectAndToShowWhoOneIs(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, credentials, query string
		sink                       sinkOptions
		encrypted                  bool
		mechanism                  string
		wantErr                    string // it is permanent
	}{
		"STARTTLS":                       {scheme: "smtp", credentials: credentials, sink: sinkOptions{starttls: true, auth: []string{"PLAIN"}}, query: "?starttls=mandatory", encrypted: true, mechanism: "PLAIN"},
		"STARTTLS to this machine":       {scheme: "smtp", credentials: credentials, sink: sinkOptions{starttls: true, auth: []string{"LOGIN"}}, encrypted: true, mechanism: "LOGIN"},
		"none offered by this machine":   {scheme: "smtp", credentials: credentials, sink: sinkOptions{auth: []string{"PLAIN"}}, mechanism: "PLAIN"},
		"never":                          {scheme: "smtp", query: "?starttls=never", sink: sinkOptions{starttls: true}},
		"implicit TLS":                   {scheme: "smtps", credentials: credentials, sink: sinkOptions{tls: true, auth: []string{"PLAIN"}}, encrypted: true, mechanism: "PLAIN"},
		"implicit TLS, LOGIN":            {scheme: "smtps", credentials: credentials, sink: sinkOptions{tls: true, auth: []string{"LOGIN"}}, encrypted: true, mechanism: "LOGIN"},
		"the best mechanism is taken":    {scheme: "smtps", credentials: credentials, sink: sinkOptions{tls: true, auth: []string{"LOGIN", "PLAIN", "CRAM-MD5"}}, encrypted: true, mechanism: "CRAM-MD5"},
		"CRAM-MD5 in clear":              {scheme: "smtp", credentials: credentials, sink: sinkOptions{auth: []string{"CRAM-MD5"}}, mechanism: "CRAM-MD5"},
		"no user":                        {scheme: "smtp", sink: sinkOptions{starttls: true}, encrypted: true},
		"mandatory, but not offered":     {scheme: "smtp", credentials: credentials, query: "?starttls=mandatory", sink: sinkOptions{auth: []string{"PLAIN"}}, wantErr: "does not offer STARTTLS"},
		"a user, but nobody asks":        {scheme: "smtp", credentials: credentials, sink: sinkOptions{starttls: true}, wantErr: "offers no login"},
		"a user, and strange ways":       {scheme: "smtps", credentials: credentials, sink: sinkOptions{tls: true, auth: []string{"GSSAPI"}}, wantErr: "offers no login"},
		"no user, but one is asked for":  {scheme: "smtps", sink: sinkOptions{tls: true, auth: []string{"PLAIN"}}, wantErr: "Please authenticate first"},
		"wrong password":                 {scheme: "smtps", credentials: user + ":n0t-it-s3cr3t@", sink: sinkOptions{tls: true, auth: []string{"PLAIN"}}, wantErr: "refused the user or the password (535 5.7.8); check both"},
		"TLS to a port that speaks none": {scheme: "smtps", credentials: credentials, sink: sinkOptions{auth: []string{"PLAIN"}}, wantErr: "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSink(t, c.sink)
			err := s.open(t, c.scheme, c.credentials, c.query).Notify(t.Context(), notifytest.Event(notify.Scaled))
			if c.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), "email: "+s.addr+": ") || !strings.Contains(err.Error(), c.wantErr) || !notify.IsPermanent(err) {
					t.Errorf("Notify = %v (permanent: %v), want %q in it", err, notify.IsPermanent(err), c.wantErr)
				}
				notifytest.NoSecrets(t, err, secrets()...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := s.got()
			if len(got) != 1 || got[0].encrypted != c.encrypted || got[0].mechanism != c.mechanism {
				t.Errorf("arrived: %+v", got)
			}
		})
	}
}

// The library takes 127.0.0.2 for another machine.
func TestThePasswordIsNotSentInClear(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has no 127.0.0.2")
	}
	said := talkTo(t, l, "220 hello", "250-hello\r\n250 AUTH PLAIN LOGIN", "221 bye")
	n, err := email.New(email.Options{
		URL: "smtp://" + credentials + l.Addr().String() + "?starttls=never", From: "bot@example.com", To: []string{"ops@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = n.Notify(t.Context(), notify.Event{})
	if err == nil || !strings.Contains(err.Error(), "asks for the password over an unencrypted connection") || !notify.IsPermanent(err) {
		t.Errorf("Notify = %v", err)
	}
	if heard := said(); strings.Contains(heard, "AUTH") {
		t.Errorf("the server heard:\n%s", heard)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	for scheme, o := range map[string]sinkOptions{"smtp": {starttls: true}, "smtps": {tls: true}} {
		s := newSink(t, o)
		s.roots = x509.NewCertPool()
		err := s.open(t, scheme, credentials, "").Notify(t.Context(), notify.Event{})
		if err == nil || !strings.Contains(err.Error(), "its certificate is not trusted: x509: ") || !notify.IsPermanent(err) {
			t.Errorf("%s: Notify = %v", scheme, err)
		}
		if hint := strings.Contains(err.Error(), "?starttls=never"); hint != (scheme == "smtp") {
			t.Errorf("%s: the hint is wrong: %v", scheme, err)
		}
		notifytest.NoSecrets(t, err, secrets()...)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		stage     string
		code      int
		message   string
		permanent bool
		want      string
	}{
		"sender":               {"from", 553, "no such sender", true, `refused the sender: 553 "5.0.0 no such sender"`},
		"recipient":            {"to", 550, "no such user", true, `refused the recipient: 550 "5.0.0 no such user"`},
		"recipient, for now":   {"to", 450, "graylisted", false, `450 "4.0.0 graylisted"`},
		"mail":                 {"data", 554, "looks like spam", true, `refused the mail: 554 "5.0.0 looks like spam"`},
		"mail, for now":        {"data", 452, "disk full", false, `452 "4.0.0 disk full"`},
		"user, for now":        {"auth", 454, "try later", false, "refused the user or the password (454 4.0.0)"},
		"the password quoted":  {"from", 553, "not with " + pass, true, "553 (the rest is not shown"},
		"the user quoted":      {"to", 553, "not for " + strings.ToUpper(user), true, "553 (the rest is not shown"},
		"quoted in base64":     {"data", 452, base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + pass)), false, "452 (the rest is not shown"},
		"quoted in the URL":    {"data", 452, "smtp://" + credentials, false, "452 (the rest is not shown"},
		"password quoted, 535": {"auth", 535, pass, true, "refused the user or the password (535 5.0.0); check both"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSink(t, sinkOptions{tls: true, auth: []string{"PLAIN"}})
			s.refuseAt(c.stage, &smtp.SMTPError{Code: c.code, EnhancedCode: smtp.EnhancedCode{c.code / 100, 0, 0}, Message: c.message})
			err := s.open(t, "smtps", credentials, "").Notify(t.Context(), notifytest.Event(notify.Scaled))
			if err == nil || !strings.Contains(err.Error(), c.want) || notify.IsPermanent(err) != c.permanent {
				t.Errorf("Notify = %v (permanent: %v), want %q in it", err, notify.IsPermanent(err), c.want)
			}
			notifytest.NoSecrets(t, err, secrets()...)
			if len(s.got()) != 0 {
				t.Error("it arrived anyway")
			}
		})
	}
}

// The server sends the first line at once, and each other one after it has received something. Then it closes the
// connection. said waits for that, and returns all that the client sent.
func talkTo(t *testing.T, l net.Listener, script ...string) (said func() string) {
	t.Helper()
	var heard strings.Builder
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, 64<<10)
		for i, line := range script {
			if i > 0 {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				heard.Write(buf[:n])
			}
			_, _ = io.WriteString(c, line+"\r\n")
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return func() string { wg.Wait(); return heard.String() }
}

func TestServersThatSpeakStrangely(t *testing.T) {
	const hello = "250-hello\r\n250 8BITMIME"
	for name, c := range map[string]struct {
		script    []string
		want      string // empty: the mail is sent
		permanent bool
	}{
		"no service":                   {script: []string{"554 5.3.2 go away"}, want: "refused the connection: 554 5.3.2 go away", permanent: true},
		"busy":                         {script: []string{"421 4.3.2 come again"}, want: "refused the connection: 421 4.3.2 come again"},
		"closes at once":               {script: nil, want: "no response: EOF"},
		"another protocol":             {script: []string{"+OK POP3 ready " + pass}, want: "the server sent an invalid response"},
		"closes after hello":           {script: []string{"220 hi", hello}, want: "the connection broke while sending the mail"},
		"closes after MAIL":            {script: []string{"220 hi", hello, "250 ok"}, want: "the connection broke while sending the mail"},
		"closes in the mail":           {script: []string{"220 hi", hello, "250 ok", "250 ok", "354 go on"}, want: "the connection broke while sending the mail"},
		"closes after taking the mail": {script: []string{"220 hi", hello, "250 ok", "250 ok", "354 go on", "250 taken"}},
		"bad goodbye":                  {script: []string{"220 hi", hello, "250 ok", "250 ok", "354 go on", "250 taken", "500 what?"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			talkTo(t, l, c.script...)
			n, err := email.New(email.Options{URL: "smtp://" + l.Addr().String() + "?starttls=never", From: "bot@example.com", To: []string{"ops@example.org"}})
			if err != nil {
				t.Fatal(err)
			}
			err = n.Notify(t.Context(), notify.Event{ID: "1"})
			if c.want == "" {
				if err != nil {
					t.Errorf("Notify = %v, though the mail was taken", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || notify.IsPermanent(err) != c.permanent {
				t.Errorf("Notify = %v (permanent: %v), want %q in it", err, notify.IsPermanent(err), c.want)
			}
			notifytest.NoSecrets(t, err, pass)
		})
	}
}

// The failure is before the library gets the connection.
func TestAFailedConnectionIsHungUp(t *testing.T) {
	left := make(chan error, 1)
	addr := notifytest.Talk(t, func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(c, "220 hi\r\n")
		_, _ = c.Read(make([]byte, 1000))
		_, _ = io.WriteString(c, "250 no extensions\r\n")
		_, err := io.Copy(io.Discard, c)
		left <- err
	})
	n, err := email.New(email.Options{URL: "smtp://" + addr + "?starttls=mandatory", From: "bot@example.com", To: []string{"ops@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), notify.Event{}); err == nil {
		t.Error("Notify without STARTTLS succeeded")
	}
	if err := <-left; err != nil {
		t.Errorf("the connection was left open: %v", err)
	}
}

func TestServersThatNeverEnd(t *testing.T) {
	for name, c := range map[string]struct {
		talk func(c net.Conn)
		want string
	}{
		"silence": {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, "timed out: context deadline exceeded"},
		"dribble": {func(c net.Conn) { notifytest.Dribble(c, "220-hello\r\n") }, "timed out: context deadline exceeded"},
		"flood": {func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "220-"+strings.Repeat("x", 8000)+"\r\n"); err != nil {
					return
				}
			}
		}, "the server sent more than 1 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := 200 * time.Millisecond
			if name == "flood" {
				timeout = 10 * time.Second
			}
			n, err := email.New(email.Options{URL: "smtp://" + credentials + notifytest.Talk(t, c.talk), From: "bot@example.com", To: []string{"ops@example.org"}, Timeout: timeout})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err = n.Notify(t.Context(), notify.Event{})
			if err == nil || !strings.Contains(err.Error(), c.want) || notify.IsPermanent(err) || time.Since(start) > 5*time.Second {
				t.Errorf("Notify = %v after %v", err, time.Since(start))
			}
			if name != "flood" && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is not context.DeadlineExceeded", err)
			}
			notifytest.NoSecrets(t, err, secrets()...)
		})
	}
}

func TestBadOptions(t *testing.T) {
	good := email.Options{URL: "smtp://localhost", From: "bot@example.com", To: []string{"ops@example.com"}}
	for _, c := range []struct {
		change func(*email.Options)
		want   string
	}{
		{func(o *email.Options) { o.URL = "" }, "email: the SMTP URL is empty; use smtp://"},
		{func(o *email.Options) { o.From = "" }, `email: invalid sender "": must be an address such as bot@example.com`},
		{func(o *email.Options) { o.From = "bot" }, `invalid sender "bot"`},
		{func(o *email.Options) { o.From = "a@b\r\nBcc: x@example.com" }, "invalid sender"},
		{func(o *email.Options) { o.From = `"a> b"@example.com` }, "invalid sender"},
		{func(o *email.Options) { o.To = nil }, "email: no recipient: set at least one address"},
		{func(o *email.Options) { o.To = []string{"ops@example.com", "dev@@"} }, `email: invalid recipient "dev@@"`},
	} {
		o := good
		c.change(&o)
		if _, err := email.New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v) = %v, want %q in it", o, err, c.want)
		}
	}
	if _, err := email.New(good); err != nil {
		t.Error(err)
	}
}

// A duplicate recipient gets a mail once. SMTP needs its domain in ASCII.
func TestRecipientsOfAMail(t *testing.T) {
	s := newSink(t, sinkOptions{})
	n, err := email.New(email.Options{
		URL: "smtp://" + s.addr, From: "bot@Bücher.example",
		To: []string{"ops@example.com", "Ops <ops@EXAMPLE.com>", "a@bücher.example", "a@xn--bcher-kva.example", "b@[127.0.0.1]"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), notify.Event{Kind: notify.Test}); err != nil {
		t.Fatal(err)
	}
	got := s.got()
	want := []string{"ops@example.com", "a@xn--bcher-kva.example", "b@[127.0.0.1]"}
	if len(got) != 1 || got[0].from != "bot@xn--bcher-kva.example" || !slices.Equal(got[0].to, want) {
		t.Errorf("got %+v, want %q", got, want)
	}
}

func TestConcurrentMailsDoNotMix(t *testing.T) {
	s := newSink(t, sinkOptions{tls: true, auth: []string{"PLAIN"}})
	n := s.open(t, "smtps", credentials, "")
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if err := n.Notify(t.Context(), notify.Event{ID: fmt.Sprint(i), Kind: notify.Test, App: fmt.Sprint("app-", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, d := range s.got() {
		id := strings.TrimSuffix(strings.TrimPrefix(d.header(t, "Message-ID"), "<"), "@example.com>")
		if want := "[autoscalebot] app-" + id + ": this is a test notice"; d.header(t, "Subject") != want {
			t.Errorf("the mail %s has the subject %q", id, d.header(t, "Subject"))
		}
	}
}
