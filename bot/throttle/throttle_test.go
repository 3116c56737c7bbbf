package throttle_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

var noon = time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)

func wrong() bool { return false }
func right() bool { return true }

// It counts the guesses that were checked.
func flood(l *throttle.Limiter, from func(i int) throttle.Client, begin time.Time, length time.Duration, perSecond int) (tried int) {
	for i := range int(length.Seconds()) * perSecond {
		l.Try(from(i), begin.Add(time.Duration(i)*time.Second/time.Duration(perSecond)), func() bool { tried++; return false })
	}
	return tried
}

func same(addr string) func(int) throttle.Client {
	return func(int) throttle.Client { return throttle.Client{Addr: addr} }
}

func TestGuessesOfOneAddressAreBounded(t *testing.T) {
	racetest.Computes(t)
	for _, perSecond := range []int{1, 2, 50} {
		l := throttle.New(throttle.Options{})
		if tried := flood(l, same("192.0.2.1"), noon, 10*time.Minute, perSecond); tried < 280 || tried > 311 {
			t.Errorf("of %d guesses a second for 10 minutes %d were looked at, want 310", perSecond, tried)
		}
		l = throttle.New(throttle.Options{})
		manyPrograms := func(i int) throttle.Client { return throttle.Client{Addr: "192.0.2.1", Agent: strconv.Itoa(i)} }
		if tried := flood(l, manyPrograms, noon, 10*time.Minute, perSecond); tried < 540 || tried > 621 {
			t.Errorf("of %d guesses a second by ever other programs %d were looked at, want 620", perSecond, tried)
		}
	}
}

// The right password, from the same program and address as the guesses, has the same chance as each guess, at any
// rhythm of the guesses.
func TestOneAtTheGuessersAddressGetsIn(t *testing.T) {
	for _, every := range []time.Duration{500 * time.Millisecond, 499 * time.Millisecond, time.Second, 2 * time.Second, 250 * time.Millisecond} {
		for _, after := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 249 * time.Millisecond} {
			l, tries := throttle.New(throttle.Options{}), 0
			for i := 0; i < int(time.Hour/every); i++ {
				at := noon.Add(time.Duration(i) * every)
				l.Try(throttle.Client{Addr: "192.0.2.1"}, at, wrong)
				if i*int(every) < int(time.Minute) || i%20 != 0 {
					continue
				}
				tries++
				if ok, _ := l.Try(throttle.Client{Addr: "192.0.2.1"}, at.Add(after), right); ok {
					break
				}
			}
			if tries > 40 {
				t.Errorf("guesses every %v, and the right password %v after one: let in at try %d", every, after, tries)
			}
		}
	}
}

func TestGuessesOfAllAddressesAreBounded(t *testing.T) {
	racetest.Computes(t)
	for name, from := range map[string]func(i int) throttle.Client{
		"a thousand addresses": func(i int) throttle.Client { return throttle.Client{Addr: fmt.Sprintf("198.51.%d.%d", i%4, i/4%250)} },
		"always another": func(i int) throttle.Client {
			return throttle.Client{Addr: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)}
		},
		"one network of IPv6": func(i int) throttle.Client { return throttle.Client{Addr: fmt.Sprintf("2001:db8::%x", i&0xffff)} },
	} {
		l := throttle.New(throttle.Options{})
		if tried := flood(l, from, noon, 10*time.Minute, 50); tried > 100+1000+30+300+10 {
			t.Errorf("%s: %d guesses were looked at in 10 minutes", name, tried)
		}
	}
	l := throttle.New(throttle.Options{})
	if tried := flood(l, func(i int) throttle.Client { return throttle.Client{Addr: fmt.Sprintf("2001:db8::%x", i&0xffff)} }, noon, 10*time.Minute, 50); tried > 311 {
		t.Errorf("one network of IPv6 guessed %d times, want as one address", tried)
	}
}

func TestGuessingShutsNobodyOut(t *testing.T) {
	racetest.Computes(t)
	proxy := throttle.Client{Addr: "192.0.2.1"}
	device := throttle.Client{Addr: proxy.Addr, Device: "3X7"}
	home := throttle.Client{Addr: "203.0.113.9"}
	for name, c := range map[string]struct {
		owner throttle.Client
		known bool
		from  func(int) throttle.Client
	}{
		"a device that signed in, at the guesser's address": {device, false, same(proxy.Addr)},
		"an address that signed in, against many addresses": {home, true, func(i int) throttle.Client {
			return throttle.Client{Addr: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)}
		}},
		"another program, at the guesser's address": {throttle.Client{Addr: proxy.Addr, Agent: "Mozilla/5.0"}, false, same(proxy.Addr)},
		"a new address, against one":                {home, false, same(proxy.Addr)},
		"a new address, against many":               {home, false, func(i int) throttle.Client { return throttle.Client{Addr: fmt.Sprintf("10.0.0.%d", i%40)} }},
	} {
		l := throttle.New(throttle.Options{})
		if c.known {
			if ok, _ := l.Try(c.owner, noon.Add(-24*time.Hour), right); !ok {
				t.Fatalf("%s: the owner is not let in at first", name)
			}
		}
		flood(l, c.from, noon, 20*time.Minute, 20)
		for i := range 5 {
			if ok, wait := l.Try(c.owner, noon.Add(20*time.Minute+time.Duration(i)*time.Millisecond), right); !ok || wait > 0 {
				t.Errorf("%s: the right password is refused for %v", name, wait)
			}
		}
	}
}

func TestOneWhoGuessedTooMuchWaitsAsLongAsIsSaid(t *testing.T) {
	l, c := throttle.New(throttle.Options{}), throttle.Client{Addr: "192.0.2.1"}
	for range 100 {
		l.Try(c, noon, wrong)
	}
	ok, wait := l.Try(c, noon, right)
	if ok || wait <= 0 {
		t.Fatalf("the 101st try is answered with %v, and a wait of %v", ok, wait)
	}
	if ok, _ := l.Try(c, noon.Add(time.Second), right); ok {
		t.Error("it is let in a second later, when no try is left")
	}
	if ok, _ := l.Try(c, noon.Add(wait+time.Millisecond), right); !ok {
		t.Error("it is not let in after the wait")
	}
}

func TestTheAddressIsTheOneBeforeTheTrustedProxies(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		from, forwarded, want string
		none                  bool
	}{
		{"203.0.113.9:1234", "", "203.0.113.9", false},
		{"203.0.113.9:1234", "198.51.100.7", "203.0.113.9", false},
		{"127.0.0.1:1234", "", "127.0.0.1", false},
		{"127.0.0.1:1234", "198.51.100.7", "198.51.100.7", false},
		{"127.0.0.1:1234", "198.51.100.7", "127.0.0.1", true},
		{"127.0.0.1:1234", "1.1.1.1, 198.51.100.7", "198.51.100.7", false},
		{"127.0.0.1:1234", "1.1.1.1, 198.51.100.7,10.1.2.3", "198.51.100.7", false},
		{"127.0.0.1:1234", "10.1.2.3", "10.1.2.3", false},
		{"127.0.0.1:1234", "198.51.100.7:5678", "198.51.100.7", false},
		{"[fd00::1]:1234", "[2001:db8::7]:5678", "2001:db8::7", false},
		{"[fd00::1]:1234", "2001:db8::7", "2001:db8::7", false},
		{"127.0.0.1:1234", "::ffff:198.51.100.7", "198.51.100.7", false},
		{"127.0.0.1:1234", "198.51.100.7, nonsense", "127.0.0.1", false},
		{"127.0.0.1:1234", "nonsense, 198.51.100.7", "198.51.100.7", false},
		{"@", "198.51.100.7", "@", false},
	} {
		o := throttle.Options{Proxies: proxies}
		if c.none {
			o.Proxies = nil
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		for part := range strings.SplitSeq(c.forwarded, ",") { // a header may occur several times
			if c.forwarded != "" {
				r.Header.Add("X-Forwarded-For", part)
			}
		}
		if got := throttle.New(o).Address(r); got != c.want {
			t.Errorf("from %s, forwarded for %q: got %s, want %s", c.from, c.forwarded, got, c.want)
		}
	}
}

// An untrusted client's header is ignored, and what a proxy adds at the end counts before the rest.
func FuzzAddress(f *testing.F) {
	f.Add("1.1.1.1")
	f.Add("[::1]:80, 10.0.0.1")
	f.Add(",, ,%zz")
	trusting := throttle.New(throttle.Options{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = "203.0.113.9:1", []string{forwarded}
		if got := trusting.Address(r); got != "203.0.113.9" {
			t.Errorf("%q moves a stranger to %s", forwarded, got)
		}
		r.RemoteAddr = "127.0.0.1:1"
		if got := trusting.Address(r); got != "127.0.0.1" {
			if _, err := netip.ParseAddr(got); err != nil {
				t.Errorf("%q gives the address %q", forwarded, got)
			}
		}
		r.Header["X-Forwarded-For"] = []string{forwarded + ",198.51.100.7"}
		if got := trusting.Address(r); got != "198.51.100.7" {
			t.Errorf("%q hides the address that the proxy adds: got %s", forwarded, got)
		}
	})
}

func TestRefusalsAreLoggedInFewLines(t *testing.T) {
	racetest.Computes(t)
	var lines bytes.Buffer
	l := throttle.New(throttle.Options{Log: slog.New(slog.NewTextHandler(&lines, nil))})
	flood(l, func(i int) throttle.Client { return throttle.Client{Addr: fmt.Sprintf("198.51.100.%d", i%250)} }, noon, 10*time.Minute, 50)
	if n := strings.Count(lines.String(), "\n"); n < 20 || n > 40 || !regexp.MustCompile(`too many .* refusals=2\d\d\d\n`).MatchString(lines.String()) {
		t.Errorf("10 minutes of 50 guesses a second are logged in %d lines, want 10 of each kind at once, and one a minute that counts them:\n%.500s", n, lines.String())
	}
}

// It checks tokens as the handlers of pushes, the log drain and the API do.
func tokens(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer right" {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"wrong"}`)
		return
	}
	_, _ = io.WriteString(w, "fine")
	_ = http.NewResponseController(w).Flush()
}

func TestWrongTokensAreRefusedAndRightOnesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := throttle.New(throttle.Options{}).Handler(http.HandlerFunc(tokens), map[string]string{"error": throttle.TooMany})
		ask := func(token string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", "/", nil)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		for range 50 {
			if w := ask(""); w.Code != 401 {
				t.Fatalf("a request without a token is answered with %d", w.Code)
			}
		}
		counts := map[int]int{}
		for range 500 {
			w := ask("wrong")
			counts[w.Code]++
			seconds, _ := strconv.Atoi(w.Header().Get("Retry-After"))
			if w.Code == 429 && (seconds < 1 || strings.Contains(w.Body.String(), "wrong\"") || !strings.Contains(w.Body.String(), "error")) {
				t.Fatalf("a wrong token is answered with %v, %s", w.Header(), w.Body)
			}
		}
		if counts[401] != 10 || counts[429] != 490 {
			t.Errorf("500 wrong tokens are answered with %v, want 10 of 401 and 490 of 429", counts)
		}
		if w := ask("right"); w.Code != 200 || w.Body.String() != "fine" || !w.Flushed {
			t.Errorf("the right one is answered with %d %s", w.Code, w.Body)
		}
		time.Sleep(time.Minute)
		if w := ask("wrong"); w.Code != 401 {
			t.Errorf("a minute later a wrong one is answered with %d", w.Code)
		}
	})
}
