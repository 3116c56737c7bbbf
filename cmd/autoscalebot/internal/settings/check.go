package settings

import (
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

func (ps *Problems) check(s *Settings) {
	ps.checkPlatform(s)
	ps.findMetrics(s)
	ps.checkScalingRules(s)
	ps.checkHeartbeat(s)
	ps.checkLimits(s)
	ps.checkCompatibility(s)
	ps.checkNotices(s)
	ps.checkAdmin(s)
	ps.checkHistory(s)
	ps.checkPage(s)
	ps.checkPolicy(s)
	ps.checkRules(s)
	ps.checkDynoSizes(s)
	ps.checkTaking(s)
	ps.checkLogging(s)
}

// A mistake is reported once: later checks skip settings that have a problem already.
func (ps *Problems) has(names ...string) bool {
	return slices.ContainsFunc(*ps, func(p Problem) bool { return slices.Contains(names, p.Name) })
}

func (ps *Problems) oneOf(name string, w Word, words ...string) {
	if !slices.Contains(words, string(w)) {
		ps.add(name, "%q: must be %s", w, orList(words))
	}
}

func (ps *Problems) need(name, value, hint string) {
	if value == "" && !ps.has(name) {
		ps.add(name, "is not set; %s", hint)
	}
}

// Every request carries a secret, so plain http is only for this machine.
func (ps *Problems) checkAPIURL(name, text, secret, example string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "":
		ps.add(name, "must be a URL without user and query, such as %s", example)
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
	default:
		ps.add(name, "%q would send %s unencrypted: must be https://…, or http://… on a loopback address", text, secret)
	}
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// The value may hold a secret, so the error does not quote it.
func (ps *Problems) secretURL(name string, s Secret, schemes ...string) {
	if s == "" {
		return
	}
	if u, err := url.Parse(s.Reveal()); err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		ps.add(name, "must be a URL that begins with %s:// (the value is not shown because it may hold a secret)",
			strings.Join(schemes, ":// or "))
	}
}

func orList(words []string) string {
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func (ps *Problems) readable(name string, path Text) {
	if path == "" {
		return
	}
	f, err := os.Open(string(path))
	if err != nil {
		ps.add(name, "%v", err)
		return
	}
	f.Close()
}
