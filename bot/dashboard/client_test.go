package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
)

// The server sees a browser.
type person struct {
	t      testing.TB
	url    string
	client *http.Client
	csrf   string
}

func newPerson(t testing.TB, url string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, url: url, client: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (p *person) do(method, path, body string, change ...func(*http.Request)) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (p *person) get(path string, change ...func(*http.Request)) answer {
	p.t.Helper()
	return p.do(http.MethodGet, path, "", change...)
}

func (p *person) post(path string, form url.Values, change ...func(*http.Request)) answer {
	p.t.Helper()
	return p.do(http.MethodPost, path, form.Encode(), change...)
}

func (p *person) signIn(name string) {
	p.t.Helper()
	if a := p.post("/sign-in", url.Values{"password": {password}, "name": {name}}); a.status != http.StatusSeeOther {
		p.t.Fatalf("signing in was answered with %d: %s", a.status, a.body)
	}
	p.learn()
}

func enter(t testing.TB, name string, past time.Duration, change ...func(*dashboard.Options)) (*world, *person) {
	t.Helper()
	w := newWorld(t, past, change...)
	return w, signedIn(t, w.url, name)
}

func signedIn(t testing.TB, url, name string) *person {
	t.Helper()
	p := newPerson(t, url)
	p.signIn(name)
	return p
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (p *person) learn() {
	p.t.Helper()
	found := csrfField.FindStringSubmatch(p.get("/").body)
	if found == nil {
		p.t.Fatal("the page has no form")
	}
	p.csrf = found[1]
}

// fields alternate names and values.
func (p *person) ask(path string, fields ...string) answer {
	p.t.Helper()
	form := url.Values{"csrf": {p.csrf}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return p.post(path, form)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

type shown struct {
	Now, Title, Row, Say string
	Point                *struct {
		T, MS, Dynos float64
	}
	Mark *struct{ Kind, Text, Why string }
}

// next returns false at the end of the stream.
func (p *person) stream(ctx context.Context, change ...func(*http.Request)) (status int, next func() (shown, bool)) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/stream", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { res.Body.Close() })
	lines := bufio.NewReaderSize(res.Body, 1<<16)
	return res.StatusCode, func() (s shown, ok bool) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				res.Body.Close()
				return s, false
			}
			if data, is := strings.CutPrefix(line, "data: "); is {
				if err := json.Unmarshal([]byte(data), &s); err != nil {
					p.t.Errorf("the stream holds no JSON: %v", err)
					return s, false
				}
				return s, true
			}
		}
	}
}
