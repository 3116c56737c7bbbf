package settings

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
)

// Page are the settings of the web page, and of the address at which all that is sent to the bot comes in.
type Page struct {
	DashboardAddr     Text   `envconfig:"DASHBOARD_ADDR" once:"true" desc:"Address of the dashboard, such as ''127.0.0.1:8080''; others than loopback need a password or token."`
	Port              Text   `envconfig:"PORT" once:"true" desc:"Port of the dashboard if ''DASHBOARD_ADDR'' is not set; Heroku and Cloud Foundry set it."`
	DashboardPassword Secret `envconfig:"DASHBOARD_PASSWORD" once:"true" desc:"Password of the dashboard, at least 8 characters; with ''PORT'' set it also switches the dashboard on."`
	TrustedProxies    List   `envconfig:"TRUSTED_PROXIES" once:"true" desc:"Proxies whose ''X-Forwarded-For'' header the bot believes; default: on Heroku ''10.0.0.0/8'', elsewhere none."`
}

const shortestPassword = 8

func (ps *Problems) checkPage(s *Settings) {
	if p := s.DashboardPassword.Reveal(); p != "" && len(p) < shortestPassword {
		ps.add("DASHBOARD_PASSWORD", "has fewer than %d characters; whoever guesses it scales the app",
			shortestPassword)
	}
	if n, err := strconv.Atoi(string(s.Port)); s.Port != "" && (err != nil || n < 0 || n > 65535) {
		ps.add("PORT", "%q: write a port's number, such as 8080", s.Port)
	}
	for _, text := range s.TrustedProxies {
		if _, err := parseProxy(text); err != nil {
			ps.add("TRUSTED_PROXIES", "invalid address %q: write addresses or networks, such as 127.0.0.1,10.0.0.0/8",
				text)
		}
	}
	if s.DashboardAddr == "" {
		return
	}
	host, port, err := net.SplitHostPort(string(s.DashboardAddr))
	switch {
	case err != nil || port == "":
		ps.add("DASHBOARD_ADDR", "%q: write host:port, such as 127.0.0.1:8080", s.DashboardAddr)
	case !s.locked() && !loopback(host):
		ps.add("DASHBOARD_ADDR", "%q lets others in, and nothing asks who they are; set DASHBOARD_PASSWORD, or write "+
			"127.0.0.1:%s", s.DashboardAddr, port)
	}
}

// parseProxy reads an address or a network. One of all addresses would have everybody say where they come from.
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
		return netip.Prefix{}, errors.New("a network of all addresses")
	}
	return p.Masked(), nil
}

const herokuRouters = "10.0.0.0/8"

// Proxies are the addresses of the proxies whose X-Forwarded-For header is believed.
func (s *Settings) Proxies() []netip.Prefix {
	texts := []string(s.TrustedProxies)
	if len(texts) == 0 && os.Getenv("DYNO") != "" {
		texts = []string{herokuRouters}
	}
	var out []netip.Prefix
	for _, text := range texts {
		if p, err := parseProxy(text); err == nil { // what is wrong was told when the settings were read
			out = append(out, p)
		}
	}
	return out
}

// Open says that nobody has to sign in, which only a page at a loopback address may do.
func (s *Settings) Open() bool { return !s.locked() }

func (s *Settings) locked() bool { return s.DashboardPassword != "" || s.AdminToken != "" }

// ServeAddr is where the web page, and what is sent to the bot, is served; "" for nowhere.
func (s *Settings) ServeAddr() string {
	if addr := s.PageAddr(); addr != "" || s.Port == "" || !s.Takes() {
		return addr
	}
	return net.JoinHostPort("", string(s.Port))
}

// PageAddr is where the web page is served, "" for nowhere.
func (s *Settings) PageAddr() string {
	switch {
	case s.DashboardAddr != "":
		return string(s.DashboardAddr)
	case s.Port != "" && s.locked():
		return net.JoinHostPort("", string(s.Port))
	}
	return ""
}
