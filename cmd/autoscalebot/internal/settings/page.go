package settings

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
)

// Page configures the dashboard, and the address at which the bot also receives log drains and metrics.
type Page struct {
	DashboardAddr     Text   `envconfig:"DASHBOARD_ADDR" once:"true" desc:"Address of the dashboard, such as ''127.0.0.1:8080''; others than loopback need a password or token."`
	Port              Text   `envconfig:"PORT" once:"true" desc:"Port of the dashboard if ''DASHBOARD_ADDR'' is not set; Heroku and Cloud Foundry set it."`
	DashboardPassword Secret `envconfig:"DASHBOARD_PASSWORD" once:"true" desc:"Password of the dashboard, at least 8 characters; with ''PORT'' set it also switches the dashboard on."`
	TrustedProxies    List   `envconfig:"TRUSTED_PROXIES" once:"true" desc:"Proxies whose ''X-Forwarded-For'' header the bot believes; default: on Heroku ''10.0.0.0/8'', elsewhere none."`
}

var pageSettings = []string{"DASHBOARD_ADDR", "DASHBOARD_PASSWORD", "ADMIN_TOKEN", "TRUSTED_PROXIES"}

// LoadPage reads only the settings of the dashboard, for the demo: its address, the password, the token and the trusted
// proxies. All others are zero. Its error is a [Problems] with all mistakes.
func LoadPage() (*Settings, error) {
	var problems Problems
	src := problems.sources()[0]
	start := len(problems)
	s := problems.read(src, func(name string) bool { return slices.Contains(pageSettings, name) })
	problems.checkPage(s)
	problems.place(start, src)
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

const shortestPassword = 8

func (ps *Problems) checkPage(s *Settings) {
	if p := s.DashboardPassword.Reveal(); p != "" && len(p) < shortestPassword {
		ps.add("DASHBOARD_PASSWORD", "must have at least %d characters: anybody who guesses it can scale the app",
			shortestPassword)
	}
	if n, err := strconv.Atoi(string(s.Port)); s.Port != "" && (err != nil || n < 0 || n > 65535) {
		ps.add("PORT", "%q: must be a port from 0 to 65535, such as 8080", s.Port)
	}
	for _, text := range s.TrustedProxies {
		if _, err := parseProxy(text); err != nil {
			ps.add("TRUSTED_PROXIES", "invalid address %q: must be addresses or networks, such as 127.0.0.1,10.0.0.0/8",
				text)
		}
	}
	if s.DashboardAddr == "" {
		return
	}
	host, port, err := net.SplitHostPort(string(s.DashboardAddr))
	switch {
	case err != nil || port == "":
		ps.add("DASHBOARD_ADDR", "%q: must be host:port, such as 127.0.0.1:8080", s.DashboardAddr)
	case !s.locked() && !loopback(host):
		ps.add("DASHBOARD_ADDR", "%q is open to other machines without a password. Set DASHBOARD_PASSWORD, or use "+
			"127.0.0.1:%s", s.DashboardAddr, port)
	}
}

// With a network of all addresses, any client could pretend to have any address.
func parseProxy(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		return ip.Unmap().WithZone("").Prefix(ip.Unmap().BitLen())
	}
	if p.Bits() == 0 {
		return netip.Prefix{}, errors.New("must not be a network of all addresses")
	}
	return p.Masked(), nil
}

const herokuRouters = "10.0.0.0/8"

// Proxies returns the addresses of the proxies whose X-Forwarded-For header the bot believes.
func (s *Settings) Proxies() []netip.Prefix {
	texts := []string(s.TrustedProxies)
	if len(texts) == 0 && os.Getenv("DYNO") != "" {
		texts = []string{herokuRouters}
	}
	var out []netip.Prefix
	for _, text := range texts {
		if p, err := parseProxy(text); err == nil { // mistakes are reported when the settings are loaded
			out = append(out, p)
		}
	}
	return out
}

// Open is true if the dashboard needs no sign-in. LoadAll allows that only at a loopback address.
func (s *Settings) Open() bool { return !s.locked() }

func (s *Settings) locked() bool { return s.DashboardPassword != "" || s.AdminToken != "" }

// ServeAddr is the address of the dashboard, and of receivers for log drains and metrics; "" if there is neither.
func (s *Settings) ServeAddr() string {
	if addr := s.PageAddr(); addr != "" || s.Port == "" || !s.Takes() {
		return addr
	}
	return net.JoinHostPort("", string(s.Port))
}

// PageAddr is the address of the dashboard, "" if it is switched off.
func (s *Settings) PageAddr() string {
	switch {
	case s.DashboardAddr != "":
		return string(s.DashboardAddr)
	case s.Port != "" && s.locked():
		return net.JoinHostPort("", string(s.Port))
	}
	return ""
}
