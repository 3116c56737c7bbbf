//go:build unix

package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/slack-go/slack/slacktest"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// soon is the longest wait of a test on a busy machine.
const soon = 40 * time.Second

// A process is a running bot.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, log logtest.Buffer
	ended    chan struct{}
}

// The bot gets no other environment than env. At the end its output must contain none of the secrets.
func start(t *testing.T, secrets []string, env ...string) *process {
	t.Helper()
	return startBy(t, nil, secrets, env...)
}

// The command runs the bot and ends with it, such as a shell that first sets a limit.
func startBy(t *testing.T, by, secrets []string, env ...string) *process {
	t.Helper()
	command := append(slices.Clone(by), binary(t))
	b := &process{t: t, cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	b.cmd.Dir = t.TempDir()
	b.cmd.Env = append([]string{"XDG_RUNTIME_DIR=" + b.cmd.Dir}, env...)
	b.cmd.Stdout, b.cmd.Stderr = &b.out, &b.log
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = b.cmd.Wait()
		close(b.ended)
	}()
	t.Cleanup(func() {
		_ = b.cmd.Process.Kill()
		<-b.ended
		for _, s := range secrets {
			if strings.Contains(b.out.String()+b.log.String(), s) {
				t.Errorf("the bot's output holds the secret that begins with %.4q", s)
			}
		}
		if t.Failed() {
			t.Logf("the bot's log:\n%s", b.log.String())
		}
	})
	return b
}

func (b *process) wait(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(soon); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited %v for %s", soon, what)
		}
	}
}

func (b *process) signal(s os.Signal) {
	if err := b.cmd.Process.Signal(s); err != nil {
		b.t.Fatal(err)
	}
}

// By SIGTERM, as platforms do.
func (b *process) terminate() {
	b.t.Helper()
	begin := time.Now()
	b.signal(syscall.SIGTERM)
	<-b.ended
	if took := time.Since(begin); took > 10*time.Second || b.cmd.ProcessState.ExitCode() != exitFine {
		b.t.Errorf("after SIGTERM it ended after %v with code %d, want within 10 s with 0", took, b.cmd.ProcessState.ExitCode())
	}
}

// A heart is an app that answers heartbeats as a test sets it, at first immediately.
type heart struct {
	url   string
	mode  atomic.Pointer[http.HandlerFunc]
	beats atomic.Int64 // begun
}

func newHeart(t *testing.T) *heart {
	h := &heart{}
	h.answer(takes(0))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/autoscalebot/heartbeat/" || !strings.HasPrefix(r.UserAgent(), "autoscalebot/") {
			t.Errorf("the bot asked for %s as %q", r.URL.Path, r.UserAgent())
		}
		h.beats.Add(1)
		(*h.mode.Load())(w, r)
	}))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

func (h *heart) answer(f http.HandlerFunc) { h.mode.Store(&f) }

// Like an app under load.
func takes(d time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			_, _ = io.WriteString(w, "Beat")
		case <-r.Context().Done():
		}
	}
}

func refuses(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

// A hook receives webhooks and checks their signatures.
type hook struct {
	url, secret string
	mu          sync.Mutex
	events      []notify.Event
	taken       int
}

func newHook(t *testing.T) *hook {
	key := sha256.Sum256([]byte(t.Name()))
	h := &hook{secret: "whsec_" + base64.StdEncoding.EncodeToString(key[:])}
	verifier, err := standardwebhooks.NewWebhook(h.secret)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Errorf("the signature of a webhook: %v", err)
		}
		var e notify.Event
		if err := json.Unmarshal(body, &e); err != nil {
			t.Errorf("the body of a webhook: %v", err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.events = append(h.events, e)
	}))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

// A call consumes the events up to the one that it finds.
func (h *hook) take(kind notify.Kind, phase notify.Phase) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := h.taken; i < len(h.events); i++ {
		if h.events[i].Kind == kind && h.events[i].Phase == phase {
			h.taken = i + 1
			return true
		}
	}
	return false
}

func (h *hook) all() []notify.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// A chat is a fake Slack that counts notices and replies. One message may contain several notices.
type chat struct {
	*slacktest.Server
	notices, replies atomic.Int64
}

func newChat(t *testing.T) *chat {
	c := &chat{}
	c.Server = slacktest.NewTestServer(func(custom slacktest.Customize) {
		custom.Handle("/chat.postMessage", func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("channel") != "#ops" || r.FormValue("blocks") == "" {
				t.Errorf("a message to Slack: channel %q, blocks %q", r.FormValue("channel"), r.FormValue("blocks"))
			}
			var attachments []json.RawMessage // one for each notice
			if err := json.Unmarshal([]byte(r.FormValue("attachments")), &attachments); err != nil {
				t.Errorf("a message to Slack: %v", err)
			}
			c.notices.Add(int64(len(attachments)))
			if r.FormValue("thread_ts") == "1.0" {
				c.replies.Add(1)
			}
			_, _ = io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1.0"}`)
		})
	})
	c.Start()
	t.Cleanup(c.Stop)
	return c
}

func (c *chat) count() int { return int(c.notices.Load()) }

// The password of the mailbox's user "bot".
const smtpPassword = "smtp-passw0rd"

// A mailbox is an SMTP server that requires a login and counts notices. One mail may contain several.
type mailbox struct {
	addr    string
	notices atomic.Int64
	// pictures counts mails with a picture.
	pictures atomic.Int64
}

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{m: m}, nil }))
	srv.AllowInsecureAuth = true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		l.Close() // unknown to a server that has not started
	})
	m.addr = l.Addr().String()
	return m
}

func (m *mailbox) count() int { return int(m.notices.Load()) }

type session struct {
	m  *mailbox
	in bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "bot" || password != smtpPassword {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s *session) Reset() {}

func (s *session) Logout() error { return nil }

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.m.notices.Add(int64(bytes.Count(text, []byte("App: dancing-forest (web)")))) // once for each notice, in the plain text
	if bytes.Contains(text, []byte("iVBORw0KGgo")) {                               // the beginning of a PNG in base64
		s.m.pictures.Add(1)
	}
	return err
}
