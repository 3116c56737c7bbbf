package settings_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
)

func TestTrustedProxies(t *testing.T) {
	for text, want := range map[string][]string{
		"":                         nil,
		"127.0.0.1":                {"127.0.0.1/32"},
		"10.1.2.3/8, ::1,fd00::/8": {"10.0.0.0/8", "::1/128", "fd00::/8"},
		"::ffff:192.0.2.1":         {"192.0.2.1/32"},
	} {
		env(t, "TRUSTED_PROXIES="+text)
		s := loaded(t)
		var got []string
		for _, p := range s.Proxies() {
			got = append(got, p.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	// With a network of all addresses, any client could pretend to have any address.
	for _, wrong := range []string{"localhost", "10.0.0.0/33", "*", "0.0.0.0/0", "::/0", "10.0.0"} {
		env(t, "TRUSTED_PROXIES=127.0.0.1,"+wrong)
		refused(t, "TRUSTED_PROXIES", fmt.Sprintf("%q", wrong))
	}
}

func TestOnHerokuItsRoutersAreTrusted(t *testing.T) {
	env(t, "DYNO=web.1")
	s := loaded(t)
	router, public := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("203.0.113.9")
	trusts := func(ip netip.Addr) bool {
		return slices.ContainsFunc(s.Proxies(), func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	if !trusts(router) || trusts(public) {
		t.Errorf("on Heroku %v are trusted", s.Proxies())
	}
}
