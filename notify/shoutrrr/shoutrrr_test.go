package shoutrrr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/shoutrrr"
)

const secret = "t0ps3cr3t"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type far struct {
	*httptest.Server

	mu     sync.Mutex
	texts  []string
	answer http.HandlerFunc // nil = taken
	hung   chan struct{}    // closed at the end of the test
}

func newFar(t *testing.T) *far {
	f := &far{hung: make(chan struct{})}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.SetKeepAlivesEnabled(false) // else the library keeps connections for the next test
	f.Start()
	t.Cleanup(f.Close)
	t.Cleanup(func() { close(f.hung) }) // before Close, which waits for all responses
	return f
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	answer := f.answer
	if answer == nil {
		var m struct{ Text string }
		if json.Unmarshal(body, &m) == nil { // Mattermost
			body = []byte(m.Text)
		}
		f.texts = append(f.texts, strings.TrimSpace(r.Header.Get("Title")+"\n"+string(body)))
	}
	f.mu.Unlock()
	if answer == nil {
		_, _ = io.WriteString(w, "{}")
		return
	}
	answer(w, r)
}

func (f *far) arrived() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.texts)
}

func (f *far) set(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *far) hang(http.ResponseWriter, *http.Request) { <-f.hung }

// Their URLs contain the server. The first shows titles, the second does not.
var forms = map[string]string{
	"mattermost": "mattermost://%s/" + secret + "?disabletls=yes",
	"ntfy":       "ntfy://me:" + secret + "@%s/" + secret + "?scheme=http",
}

func open(t *testing.T, f *far, form string, timeout time.Duration) *shoutrrr.Notifier {
	t.Helper()
	n, err := shoutrrr.New(shoutrrr.Options{URL: fmt.Sprintf(form, f.Listener.Addr()), Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConformance(t *testing.T) {
	for service, form := range forms {
		t.Run(service, func(t *testing.T) {
			notifytest.Run(t, func(t *testing.T) notifytest.Fixture {
				f := newFar(t)
				n := open(t, f, form, 0)
				if n.Service() != service {
					t.Errorf("the service is %s", n.Service())
				}
				return notifytest.Fixture{
					Notifier: n,
					Arrived:  f.arrived,
					Batches:  true,
					Hang:     func() { f.set(f.hang) },
					Refuse: func() {
						f.set(func(w http.ResponseWriter, r *http.Request) {
							http.Error(w, r.URL.String()+secret, http.StatusForbidden)
						})
					},
					Vanish:  f.Close,
					Secrets: []string{secret},
				}
			})
		})
	}
}

func TestAMessageReadsWell(t *testing.T) {
	e := notifytest.Event(notify.Scaled)
	e.Phase, e.Incident, e.Since = "", "", time.Time{}
	for service, form := range forms {
		f := newFar(t)
		if err := open(t, f, form, 0).Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		want := e.Subject() + "\n\n" + e.Text()
		if service == "ntfy" { // the title is a header
			want = e.Subject() + "\n" + e.Text()
		}
		if got := f.arrived(); len(got) != 1 || got[0] != want {
			t.Errorf("%s got %q, want %q", service, got, want)
		}
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		code      int
		permanent bool
		want      string
	}{
		{400, true, "answered 400 Bad Request"},
		{401, true, "answered 401 Unauthorized: check the token and the rest of the URL"},
		{404, true, "answered 404 Not Found: check the token"},
		{408, false, "answered 408 Request Timeout"},
		{429, false, "answered 429 Too Many Requests"},
		{500, false, "answered 500 Internal Server Error"},
		{503, false, "answered 503 Service Unavailable"},
	} {
		for service, form := range forms {
			f := newFar(t)
			f.set(func(w http.ResponseWriter, r *http.Request) {
				http.Error(w, r.URL.String()+secret+" 418 I'm a teapot", c.code)
			})
			err := open(t, f, form, 0).Notify(t.Context(), notifytest.Event(notify.Scaled))
			if err == nil || !strings.HasPrefix(err.Error(), "shoutrrr: "+service+": "+c.want) || notify.IsPermanent(err) != c.permanent {
				t.Errorf("%s %d: %v, permanent %v", service, c.code, err, notify.IsPermanent(err))
			}
			notifytest.NoSecrets(t, err, secret)
		}
	}
}

func TestAServiceThatIsNotThere(t *testing.T) {
	for service, form := range forms {
		f := newFar(t)
		n := open(t, f, form, 0)
		f.Close()
		if err := n.Notify(t.Context(), notifytest.Event(notify.Scaled)); err == nil || err.Error() != "shoutrrr: "+service+": connection refused" {
			t.Errorf("%s: %v", service, err)
		}
	}
}

func TestMessagesThatHangAreNotPiledUp(t *testing.T) {
	f := newFar(t)
	var mu sync.Mutex
	asked := 0
	f.set(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		asked++
		mu.Unlock()
		<-f.hung
	})
	n := open(t, f, forms["ntfy"], 100*time.Millisecond)
	for range 6 {
		start := time.Now()
		err := n.Notify(t.Context(), notifytest.Event(notify.Scaled))
		if !errors.Is(err, context.DeadlineExceeded) || notify.IsPermanent(err) || time.Since(start) > 5*time.Second {
			t.Errorf("Notify = %v after %v", err, time.Since(start))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if asked != 4 {
		t.Errorf("%d messages were under way at a time, want 4", asked)
	}
}

// Each of the library's services has its own connections, which would pile up.
func TestOneServiceIsKeptForAll(t *testing.T) {
	f := newFar(t)
	f.Config.SetKeepAlivesEnabled(true)
	connections := map[string]bool{}
	f.set(func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		_, _ = io.WriteString(w, "{}")
	})
	n := open(t, f, forms["ntfy"], 0)
	for range 5 {
		if err := n.Notify(t.Context(), notifytest.Event(notify.Scaled)); err != nil {
			t.Fatal(err)
		}
	}
	if len(connections) != 1 {
		t.Errorf("5 messages took %d connections", len(connections))
	}
}

func TestURLs(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"discord://" + secret + "@123456789", ""},
		{"telegram://123456789:" + strings.Repeat("a", 35) + "@telegram?chats=@ops", ""},
		{"ntfy://ntfy.sh/" + secret, ""},
		{"gotify://gotify.example.com/AzyoeNS.D4iJLVa", ""},
		{"matrix://:" + secret + "@matrix.example.com/?rooms=ops", ""},
		{"matrix://me:" + secret + "@127.0.0.1:9/?rooms=ops", ""}, // would log in at once
		{"mattermost://chat.example.com/" + secret, ""},
		{"pushover://shoutrrr:" + secret + "@userkey/", ""},
		{"", "invalid URL: use one such as discord://token@id"},
		{secret, "invalid URL"},
		{"discord://%zz" + secret, "invalid URL"},
		{"https://example.com/" + secret, "unknown service in the URL: must be one of bark, discord, googlechat, gotify,"},
		{"logger://", "unknown service in the URL"},
		{secret + ":AAA", "unknown service in the URL"},
		{"discord://" + secret, "invalid discord URL; see https://shoutrrr.nickfedor.com/"},
		{"telegram://" + secret + "@telegram?chats=@ops", "invalid telegram URL"},
		{"ntfy://ntfy.sh/x?nosuch=" + secret, "invalid ntfy URL"},
	} {
		_, err := shoutrrr.New(shoutrrr.Options{URL: c.url})
		if c.want == "" {
			if err != nil {
				t.Errorf("New(%q): %v", c.url, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q) = %v, want %q in it", c.url, err, c.want)
			continue
		}
		notifytest.NoSecrets(t, err, secret)
	}
}

// New never panics, and its errors contain no part of the URL but the service's name.
func FuzzNew(f *testing.F) {
	for _, u := range []string{"discord://a@b", "ntfy://h/t?x=y", "generic+https://h/p", "rocketchat://h/a/b/c", "matrix://u:p@h", "smtp://u:p@h:25/?from=a@b&to=c@d", "telegram://x", "teams://a/b", ":", ""} {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, u string) {
		marked := strings.ReplaceAll(u, "s", secret)
		if _, err := shoutrrr.New(shoutrrr.Options{URL: marked}); err != nil {
			notifytest.NoSecrets(t, err, secret)
		}
	})
}
