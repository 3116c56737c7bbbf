package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// With both SOCKS schemes the proxy looks up names.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// A ProxyProblem says what is wrong with one of the environment's proxy variables. It never shows the value.
type ProxyProblem struct {
	Name string // HTTP_PROXY, HTTPS_PROXY or ALL_PROXY
	What string // continues a sentence that begins with Name
}

func (p ProxyProblem) Error() string { return p.Name + " " + p.What }

// ProxyProblems checks HTTP_PROXY and HTTPS_PROXY in the environment, and all, the value of ALL_PROXY.
func ProxyProblems(all string) []ProxyProblem {
	_, problems := environment(all)
	return problems
}

// Lower-case names win. all is the proxy for schemes that the other variables leave out.
func environment(all string) (*httpproxy.Config, []ProxyProblem) {
	var problems []ProxyProblem
	check := func(name, value string) string {
		u, err := parseProxy(value)
		if err != nil {
			problems = append(problems, ProxyProblem{name, err.Error()})
		}
		return u
	}
	c := httpproxy.FromEnvironment()
	// many put spaces between the hosts
	c.NoProxy = strings.Join(strings.Fields(strings.ReplaceAll(c.NoProxy, ",", " ")), ",")
	// REQUEST_METHOD would forbid HTTP_PROXY, as in a CGI script, which this program never is
	c.CGI = false
	c.HTTPProxy, c.HTTPSProxy = check("HTTP_PROXY", c.HTTPProxy), check("HTTPS_PROXY", c.HTTPSProxy)
	all = check("ALL_PROXY", all)
	c.HTTPProxy, c.HTTPSProxy = cmp.Or(c.HTTPProxy, all), cmp.Or(c.HTTPSProxy, all)
	return c, problems
}

// The function returns nil for a direct connection, as to a loopback address. It is nil itself if no proxy is set.
func proxies(all string) (func(*url.URL) *url.URL, error) {
	c, problems := environment(all)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	if c.HTTPProxy+c.HTTPSProxy == "" {
		return nil, nil
	}
	proxy := c.ProxyFunc()
	return func(u *url.URL) *url.URL {
		via, _ := proxy(u) // it fails only for CGI scripts
		return via
	}, nil
}

// The error shows only the scheme of value.
func parseProxy(value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", nil
	}
	bare := !strings.Contains(value, "://")
	if bare {
		value = "http://" + value
	}
	const hint = "use a URL such as http://user:password@host:3128"
	u, err := url.Parse(value)
	switch {
	case err != nil, bare && strings.Trim(u.Path, "/") != "":
		return "", errors.New("is not a proxy's URL: " + hint +
			", with %-escapes for special characters in the password")
	case !slices.Contains(proxySchemes, strings.ToLower(u.Scheme)):
		return "", fmt.Errorf("has the scheme %q: must be http, https, socks5 or socks5h", short(u.Scheme))
	case u.Hostname() == "":
		return "", errors.New("has no host: " + hint)
	case u.Port() != "" && !validPort(u.Port()):
		return "", errors.New("has an invalid port: must be 1–65535")
	}
	return u.String(), nil
}

var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func proxyName(via *url.URL) string {
	return short(net.JoinHostPort(via.Hostname(), cmp.Or(via.Port(), proxyPorts[via.Scheme])))
}

// proxies may be nil.
func (h *Heartbeat) goBy(proxies func(*url.URL) *url.URL) {
	h.proxies, h.transport.Proxy = proxies, h.proxy
	if proxies == nil { // spares net/http a made-up request for each call
		h.proxies, h.transport.Proxy = func(*url.URL) *url.URL { return nil }, nil
	}
}

// net/http sees an https proxy as an http one. dialContext makes its TLS handshake, so that it does not count as the
// app's.
func (h *Heartbeat) proxy(req *http.Request) (*url.URL, error) {
	via := visitOf(req.Context()).via
	if via == nil || via.Scheme != "https" {
		return via, nil
	}
	plain := *via
	plain.Scheme, plain.Host = "http", net.JoinHostPort(via.Hostname(), cmp.Or(via.Port(), proxyPorts["https"]))
	return &plain, nil
}

// The proxy forwards the request itself, without a tunnel.
func (v *visit) forwarded() bool {
	return v.via != nil && strings.HasPrefix(v.via.Scheme, "http") && !v.secure()
}

// The Server headers of proxies' own answers. A forwarded answer has the app's.
var proxyServers = []string{"squid", "tinyproxy", "mitmproxy", "privoxy"}

// If the proxy reports that the app did not answer in time, the answer counts as the app's.
func (v *visit) answeredByProxy(status int, header http.Header) bool {
	if !v.forwarded() {
		return false
	}
	if status == http.StatusProxyAuthRequired {
		return true
	}
	squid, said := header.Get("X-Squid-Error"), header.Get("Proxy-Status") // RFC 9209
	switch {
	case status < 500, strings.HasPrefix(squid, "ERR_READ_TIMEOUT"),
		strings.Contains(said, "error=http_response_timeout"):
		return false
	case squid != "", strings.Contains(said, "error="):
		return true
	}
	server := strings.ToLower(header.Get("Server"))
	return slices.ContainsFunc(proxyServers, func(name string) bool { return strings.HasPrefix(server, name) })
}

func (v *visit) explainForwarded(status int) failure {
	proxy := "the proxy " + proxyName(v.via)
	if status == http.StatusProxyAuthRequired || status >= http.StatusBadGateway &&
		status <= http.StatusGatewayTimeout {
		return v.explainRefusal(proxy, status)
	}
	return unreachable(fmt.Sprintf("%s answered for %s with %s", proxy, v.addr(), statusText(status)),
		proxyWay)
}

// The status of an answer to CONNECT that is not 200.
type tunnelRefused int

func (e tunnelRefused) Error() string { return "CONNECT refused" }

func tunnelled(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return tunnelRefused(resp.StatusCode)
	}
	return nil
}

func (v *visit) explainTunnel(err error) failure {
	var refused tunnelRefused
	var socks *net.OpError
	proxy := "the proxy " + proxyName(v.via)
	switch {
	case errors.As(err, &refused):
		return v.explainRefusal(proxy, int(refused))
	case isReset(err), isReset(v.lost()):
		return unreachable(proxy+" reset the connection while connecting to "+v.addr(), proxyLog)
	case isEOF(err), isEOF(v.lost()):
		return unreachable(proxy+" closed the connection while connecting to "+v.addr(), proxyLog)
	case errors.As(err, &socks) && socks.Op == "socks connect":
		return v.explainSOCKS(proxy, socks.Err)
	}
	return unreachable(proxy+" does not answer like an HTTP proxy", "If it is a SOCKS proxy, use socks5:// in its URL.")
}

func (v *visit) explainProxyCertificate() failure {
	return unreachable("the proxy "+proxyName(v.via)+" requires a client certificate",
		"Heartbeats send no certificate to a proxy. Use another proxy, or add the host to NO_PROXY.")
}

const (
	proxyLog   = "Check the proxy's log."
	proxyWay   = "Check that the app is up and that the proxy can reach it."
	proxyRules = "Ask the proxy's operator, or add the host to NO_PROXY."
	proxyUser  = "Use a proxy URL such as http://user:password@host:3128."
	proxyCheck = "Check the user and password in the proxy's URL."
)

func (v *visit) explainRefusal(proxy string, status int) failure {
	switch status {
	case http.StatusProxyAuthRequired:
		if v.via.User == nil {
			return unreachable(proxy+" requires a user and a password (407)", proxyUser)
		}
		return unreachable(proxy+" rejected the user and password (407)", proxyCheck)
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return unreachable(fmt.Sprintf("%s does not allow connections to %s (%d)", proxy, v.addr(), status), proxyRules)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return unreachable(fmt.Sprintf("%s cannot reach %s (%d)", proxy, v.addr(), status), proxyWay)
	}
	return unreachable(fmt.Sprintf("%s answered CONNECT to %s with %s", proxy, v.addr(), statusText(status)),
		"Check that it is an HTTP proxy.")
}

// theirs is how net/http's SOCKS client words a proxy's replies (RFC 1928, section 6, and RFC 1929). APP stands for the
// app's address.
var socksReasons = []struct{ theirs, ours, hint string }{
	{"general SOCKS server failure", "cannot reach APP (general failure)", proxyWay},
	{"connection not allowed by ruleset", "does not allow connections to APP", proxyRules},
	{"network unreachable", "cannot reach the network of APP", proxyWay},
	{"host unreachable", "cannot reach APP", proxyWay},
	{"connection refused", "was refused a connection by APP", "Check that the app is up."},
	{"TTL expired", "cannot reach APP (TTL expired)", proxyWay},
	{"command not supported", "does not open connections", "Check the proxy's port."},
	{"address type not supported", "does not support addresses such as APP", proxyLog},
	{"authentication failed", "rejected the user and password", proxyCheck},
	{
		"no acceptable authentication methods", "requires a user and a password",
		"Use a proxy URL such as socks5://user:password@host:1080.",
	},
	{"unexpected protocol version", "does not speak SOCKS 5", "If it is an HTTP proxy, use http:// in its URL."},
}

func (v *visit) explainSOCKS(proxy string, err error) failure {
	for _, r := range socksReasons {
		if strings.Contains(err.Error(), r.theirs) {
			return unreachable(proxy+" "+strings.ReplaceAll(r.ours, "APP", v.addr()), r.hint)
		}
	}
	return unreachable(proxy+" did not open a connection to "+v.addr(), proxyLog)
}
