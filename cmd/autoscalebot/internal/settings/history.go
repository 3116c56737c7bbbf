package settings

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func (ps *Problems) checkHistory(s *Settings) {
	if _, err := readDatabaseURL(s.DatabaseURL.Reveal()); s.HistoryOnServer() && isPostgres(s.DatabaseURL) && err != nil {
		ps.add("DATABASE_URL", "%v", err)
	}
	switch h := string(s.History); {
	case h == "auto" || h == "memory" || h == "none":
	case h == "postgres":
		ps.need("DATABASE_URL", s.DatabaseURL.Reveal(), "HISTORY=postgres needs the database's URL: postgres://user:password@host:5432/name")
		if s.DatabaseURL != "" && !isPostgres(s.DatabaseURL) {
			ps.add("DATABASE_URL", "is no PostgreSQL database's; it must begin with postgres://")
		}
	case strings.HasPrefix(h, "sqlite:") && len(h) > len("sqlite:"):
	case strings.Contains(h, "://"):
		ps.add("HISTORY", "is a URL; put it into DATABASE_URL, and write postgres")
	default:
		ps.add("HISTORY", "%q: write auto, sqlite:PATH, postgres, memory or none", h)
	}
}

func isPostgres(u Secret) bool {
	_, ok := cutPostgres(u.Reveal())
	return ok
}

// HistoryURL is where the app's history is kept, as history.Open wants it; "" for nowhere. It may hold a password. folder is the folder
// that has to be made before, "" for none.
func (s *Settings) HistoryURL() (url, folder string) {
	switch h := string(s.History); {
	case h == "none":
		return "", ""
	case h == "postgres", h == "auto" && isPostgres(s.DatabaseURL):
		d, _ := readDatabaseURL(s.DatabaseURL.Reveal()) // which was checked
		return d.url, ""
	case h != "auto":
		return h, ""
	case os.Getenv("DYNO") != "" || s.VCAPApplication != "": // on Heroku or Cloud Foundry, where a disk does not outlast the dyno
		return "memory", ""
	}
	folder = stateFolder()
	if folder == "" {
		return "memory", ""
	}
	return "sqlite:" + filepath.Join(folder, s.fileName()+".db"), folder
}

// HistoryOnServer says whether the history is kept where other machines reach it.
func (s *Settings) HistoryOnServer() bool {
	return s.History == "postgres" || s.History == "auto" && isPostgres(s.DatabaseURL)
}

// stateFolder is where the XDG Base Directory Specification has programs keep their state; "" for nowhere.
func stateFolder() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "autoscalebot")
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Join(home, ".local", "state", "autoscalebot")
}

// shortestPassword is the least length of DASHBOARD_PASSWORD.
const shortestPassword = 8

func (ps *Problems) checkPage(s *Settings) {
	if p := s.DashboardPassword.Reveal(); p != "" && len(p) < shortestPassword {
		ps.add("DASHBOARD_PASSWORD", "has fewer than %d characters; whoever guesses it scales the app", shortestPassword)
	}
	if n, err := strconv.Atoi(string(s.Port)); s.Port != "" && (err != nil || n < 0 || n > 65535) {
		ps.add("PORT", "%q: write a port's number, such as 8080", s.Port)
	}
	for _, text := range s.TrustedProxies {
		if _, err := parseProxy(text); err != nil {
			ps.add("TRUSTED_PROXIES", "invalid address %q: write addresses or networks, such as 127.0.0.1,10.0.0.0/8", text)
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
		ps.add("DASHBOARD_ADDR", "%q lets others in, and nothing asks who they are; set DASHBOARD_PASSWORD, or write 127.0.0.1:%s", s.DashboardAddr, port)
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

// herokuRouters is where the routers of Heroku reach a dyno from.
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

// locked says whether the page asks who comes.
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
