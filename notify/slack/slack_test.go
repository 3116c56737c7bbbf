package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack/slacktest"
	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/slack"
)

const (
	path  = "/services/T000/B000/s3cr3t"
	token = "xoxb-123-s3cr3t"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type far struct {
	mu     sync.Mutex
	texts  []string
	answer http.HandlerFunc // nil = as Slack does
	files  files
}

func (f *far) set(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *far) arrived() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.texts...)
}

func (f *far) handle(ok string, read func(r *http.Request, body []byte) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		answer := f.answer
		if answer == nil {
			f.texts = append(f.texts, html.UnescapeString(read(r, body)))
		}
		f.mu.Unlock()
		if answer == nil {
			_, _ = io.WriteString(w, ok)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		answer(w, r)
	}
}

func webhook(t *testing.T) (*slack.Notifier, *far, func()) {
	t.Helper()
	f := &far{}
	s := httptest.NewServer(f.handle("ok", func(r *http.Request, body []byte) string {
		var m struct{ Text string }
		if err := json.Unmarshal(body, &m); err != nil || r.URL.Path != path {
			t.Errorf("%s: %v in %s", r.URL, err, body)
		}
		return m.Text
	}))
	t.Cleanup(s.Close)
	n, err := slack.NewWebhook(s.URL+path, slack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n, f, s.Close
}

func bot(t *testing.T) (*slack.Notifier, *far, func()) {
	t.Helper()
	return botWith(t, slack.Options{})
}

func botWith(t *testing.T, o slack.Options) (*slack.Notifier, *far, func()) {
	t.Helper()
	f := &far{}
	s := slacktest.NewTestServer(func(c slacktest.Customize) {
		f.files.serve(t, c)
		c.Handle("/chat.postMessage", f.handle(`{"ok":true,"channel":"C1","ts":"1503435956.000247"}`, func(_ *http.Request, body []byte) string {
			form, err := url.ParseQuery(string(body))
			if err != nil || form.Get("token") != token || form.Get("channel") != "#ops" {
				t.Errorf("the form is %v, %v", form, err)
			}
			return form.Get("text")
		}))
	})
	f.files.api = s.GetAPIURL
	s.Start()
	t.Cleanup(s.Stop)
	o.APIURL = s.GetAPIURL()
	n, err := slack.NewBot(token, "#ops", o)
	if err != nil {
		t.Fatal(err)
	}
	return n, f, s.Stop
}

func TestConformance(t *testing.T) {
	for name, open := range map[string]func(*testing.T) (*slack.Notifier, *far, func()){"webhook": webhook, "bot": bot} {
		t.Run(name, func(t *testing.T) {
			notifytest.Run(t, func(t *testing.T) notifytest.Fixture {
				n, f, vanish := open(t)
				pictures := func() (all [][]byte) {
					for _, p := range f.files.arrived() {
						all = append(all, p.png)
					}
					return all
				}
				if name == "webhook" {
					pictures = nil
				}
				return notifytest.Fixture{
					Notifier: n,
					Arrived:  f.arrived,
					Pictures: pictures,
					Batches:  true,
					Hang:     func() { f.set(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }) },
					Refuse: func() {
						f.set(func(w http.ResponseWriter, r *http.Request) {
							if name == "webhook" {
								http.Error(w, r.URL.String(), http.StatusForbidden)
								return
							}
							_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": "no such token: " + token})
						})
					},
					Vanish:  vanish,
					Secrets: []string{path, token, "s3cr3t"},
				}
			})
		})
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		status     int
		body       string
		retryAfter string
		permanent  bool
		after      time.Duration
		want       string
	}{
		{status: 404, body: "no_service", permanent: true, want: "slack: answered 404 Not Found: the webhook was removed, or its URL is incomplete"},
		{status: 403, body: "invalid_token", permanent: true, want: "403 Forbidden: the webhook was revoked"},
		{status: 410, body: "channel_is_archived", permanent: true, want: "the webhook's channel was archived"},
		{status: 400, body: "invalid_payload", permanent: true, want: "slack: answered 400 Bad Request"},
		{status: 302, permanent: true, want: "slack: answered 302 Found, a redirect"},
		{status: 429, retryAfter: "30", after: 30 * time.Second, want: "slack: too many messages (429)"},
		{status: 429, want: "slack: answered 429 Too Many Requests"},
		{status: 429, retryAfter: "soon", want: "the response is not from Slack"},
		{status: 503, body: "<html>", want: "slack: answered 503 Service Unavailable"},
		{status: 200, body: `{"ok":false,"error":"invalid_auth"}`, permanent: true, want: "slack: refused the message: invalid_auth; copy the bot token"},
		{status: 200, body: `{"ok":false,"error":"channel_not_found"}`, permanent: true, want: "channel_not_found; check the channel's name"},
		{status: 200, body: `{"ok":false,"error":"not_in_channel"}`, permanent: true, want: "invite the bot"},
		{status: 200, body: `{"ok":false,"error":"missing_scope","needed":"chat:write"}`, permanent: true, want: "the scope chat:write"},
		{status: 200, body: `{"ok":false,"error":"is_archived"}`, permanent: true, want: "choose another"},
		{status: 200, body: `{"ok":false,"error":"not_allowed_token_type"}`, permanent: true, want: "begins with xoxb-"},
		{status: 200, body: `{"ok":false,"error":"restricted_action"}`, permanent: true, want: "ask its administrator"},
		{status: 200, body: `{"ok":false,"error":"of_a_later_version"}`, permanent: true, want: "refused the message: of_a_later_version"},
		{status: 200, body: `{"ok":false,"error":"ratelimited"}`, want: "refused the message: ratelimited"},
		{status: 200, body: `{"ok":false,"error":"internal_error"}`, want: "internal_error"},
		{status: 200, body: `{"ok":false,"error":"` + token + `"}`, want: "the response is not from Slack"},
		{status: 200, body: `{"ok":false,"error":"` + strings.Repeat("a", 100) + `"}`, want: "the response is not from Slack"},
		{status: 200, body: `{"ok":false}`, want: "the response is not from Slack"},
		{status: 200, body: `{}`, want: "the response is not from Slack"},
		{status: 200, body: "<html>" + token, want: "the response is not from Slack"},
		{status: 200, body: "", want: "the response is not from Slack"},
		{status: 200, body: `{"ok":true,"errors":[{"x":"` + token + `"}]}`, want: "the response is not from Slack"},
		{status: 200, body: strings.Repeat(" ", 2<<20) + `{"ok":true,"ts":"1"}`, want: "the response is not from Slack"},
	} {
		for name, open := range map[string]func(*testing.T) (*slack.Notifier, *far, func()){"webhook": webhook, "bot": bot} {
			if c.status == 200 && name == "webhook" {
				continue // a webhook responds by status alone
			}
			t.Run(fmt.Sprintf("%s %d %.60s", name, c.status, strings.TrimSpace(c.body)), func(t *testing.T) {
				n, f, _ := open(t)
				f.set(func(w http.ResponseWriter, _ *http.Request) {
					if c.retryAfter != "" {
						w.Header().Set("Retry-After", c.retryAfter)
					}
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				})
				err := n.Notify(t.Context(), notifytest.Event(notify.Scaled))
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("Notify = %v, want %q in it", err, c.want)
				}
				var after time.Duration
				if r := notify.RetryAfter(nil); errors.As(err, &r) {
					after = r.RetryAfter()
				}
				if notify.IsPermanent(err) != c.permanent || after != c.after {
					t.Errorf("%v: permanent %v, retry after %v", err, notify.IsPermanent(err), after)
				}
				notifytest.NoSecrets(t, err, "s3cr3t")
			})
		}
	}
}

func TestServersThatSpeakNoHTTP(t *testing.T) {
	for name, talk := range map[string]func(c net.Conn){
		"echoes the request": notifytest.Echo,
		"closes at once":     func(net.Conn) {},
		"dribbles its answer": func(c net.Conn) {
			_, _ = c.Read(make([]byte, 64<<10))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n{")
			notifytest.Dribble(c, " ")
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := "http://" + notifytest.Talk(t, talk)
			o := slack.Options{Timeout: 300 * time.Millisecond, APIURL: server + path}
			hook, err1 := slack.NewWebhook(server+path, o)
			bot, err2 := slack.NewBot(token, "#ops", o)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			dribbles := strings.HasPrefix(name, "dribbles")
			for _, n := range []*slack.Notifier{hook, bot} {
				start := time.Now()
				err := n.Notify(t.Context(), notifytest.Event(notify.Scaled))
				if time.Since(start) > 5*time.Second {
					t.Errorf("Notify took %v", time.Since(start))
				}
				if n == hook && dribbles {
					continue // the status is success
				}
				if err == nil || notify.IsPermanent(err) || dribbles != errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Notify = %v", err)
				}
				notifytest.NoSecrets(t, err, "s3cr3t")
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	for _, u := range []string{"", "hooks.slack.com" + path, "http://hooks.slack.com" + path, "https://%zz" + path, "https://" + path, "ftp://localhost" + path} {
		_, err := slack.NewWebhook(u, slack.Options{})
		if err == nil || !strings.Contains(err.Error(), "such as https://hooks.slack.com/services/") {
			t.Errorf("NewWebhook(%q) = %v", u, err)
			continue
		}
		notifytest.NoSecrets(t, err, "s3cr3t")
	}
	for _, c := range []struct{ token, channel, api, want string }{
		{"", "#ops", "", "the bot token is empty"},
		{token, "", "", "the channel is empty"},
		{token, "#ops", "http://example.com/api", "the API URL must begin with https://"},
	} {
		_, err := slack.NewBot(c.token, c.channel, slack.Options{APIURL: c.api})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("NewBot(%q) = %v, want %q in it", c.channel, err, c.want)
			continue
		}
		notifytest.NoSecrets(t, err, "s3cr3t")
	}
}
