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

// has says whether a problem with the setting is known already, so that none is told twice in other words.
func (ps *Problems) has(names ...string) bool {
	return slices.ContainsFunc(*ps, func(p Problem) bool { return slices.Contains(names, p.Name) })
}

func (ps *Problems) oneOf(name string, w Word, words ...string) {
	if !slices.Contains(words, string(w)) {
		ps.add(name, "%q: write %s", w, orList(words))
	}
}

func (ps *Problems) need(name, value, forWhat string) {
	if value == "" && !ps.has(name) {
		ps.add(name, "is not set; %s", forWhat)
	}
}

// checkAPIURL wants https, or http to this machine: secrets go along with every request.
func (ps *Problems) checkAPIURL(name, text, secret, example string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "":
		ps.add(name, "write a URL without user or query, such as %s", example)
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
	default:
		ps.add(name, "%q would send %s unencrypted; write https://…, or http://… on a loopback address", text, secret)
	}
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// secretURL never shows what it got.
func (ps *Problems) secretURL(name string, s Secret, schemes ...string) {
	if s == "" {
		return
	}
	if u, err := url.Parse(s.Reveal()); err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		ps.add(name, "is no URL that begins with %s:// (what stands there is not shown, since it may hold a secret)",
			strings.Join(schemes, ":// or "))
	}
}

func orList(words []string) string {
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// readable accepts an empty path.
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
