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

// In both forms of SOCKS the proxy looks up names.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// A ProxyProblem says what is wrong with one of the environment's variables for proxies. It never shows the value.
type ProxyProblem struct {
	Name string // HTTP_PROXY, HTTPS_PROXY or ALL_PROXY
	What string // what follows the name in a sentence
}

func (p ProxyProblem) Error() string { return p.Name + " " + p.What }

// ProxyProblems checks HTTP_PROXY and HTTPS_PROXY in the environment, and all, the value of ALL_PROXY.
func ProxyProblems(all string) []ProxyProblem {
	_, problems := environment(all)
	return problems
}

// A name in lower case wins. The proxy all is for what the variables leave out.
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
	// which many write with spaces
	c.NoProxy = strings.Join(strings.Fields(strings.ReplaceAll(c.NoProxy, ",", " ")), ",")
	// what a server that runs this program as a CGI script may put there: nobody does
	c.CGI = false
	c.HTTPProxy, c.HTTPSProxy = check("HTTP_PROXY", c.HTTPProxy), check("HTTPS_PROXY", c.HTTPSProxy)
	all = check("ALL_PROXY", all)
	c.HTTPProxy, c.HTTPSProxy = cmp.Or(c.HTTPProxy, all), cmp.Or(c.HTTPSProxy, all)
	return c, problems
}

// A proxy is nil for none, as for loopback addresses; the function is nil where there are no proxies.
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
		via, _ := proxy(u) // an error is for CGI scripts alone
		return via
	}, nil
}

// Its error shows nothing of value but the scheme.
func parseProxy(value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", nil
	}
	bare := !strings.Contains(value, "://")
	if bare {
		value = "http://" + value
	}
	const hint = "write it like http://user:password@host:3128"
	u, err := url.Parse(value)
	switch {
	case err != nil, bare && strings.Trim(u.Path, "/") != "":
		return "", errors.New("is not the URL of a proxy: " + hint +
			", with %-escapes for special characters in the password")
	case !slices.Contains(proxySchemes, strings.ToLower(u.Scheme)):
		return "", fmt.Errorf("has the scheme %q: must be http, https, socks5 or socks5h", short(u.Scheme))
	case u.Hostname() == "":
		return "", errors.New("names no host: " + hint)
	case u.Port() != "" && !validPort(u.Port()):
		return "", errors.New("has an invalid port: must be 1–65535")
	}
	return u.String(), nil
}

var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// without the password
func proxyName(via *url.URL) string {
	return short(net.JoinHostPort(via.Hostname(), cmp.Or(via.Port(), proxyPorts[via.Scheme])))
}

// nil is none.
func (h *Heartbeat) goBy(proxies func(*url.URL) *url.URL) {
	h.proxies, h.transport.Proxy = proxies, h.proxy
	if proxies == nil { // then net/http need not ask, which it does with a request made for it
		h.proxies, h.transport.Proxy = func(*url.URL) *url.URL { return nil }, nil
	}
}

// A proxy that is spoken to over TLS is shown as one that is not, as dialContext sees to the TLS: so its handshake
// is none of the app's.
func (h *Heartbeat) proxy(req *http.Request) (*url.URL, error) {
	via := visitOf(req.Context()).via
	if via == nil || via.Scheme != "https" {
		return via, nil
	}
	plain := *via
	plain.Scheme, plain.Host = "http", net.JoinHostPort(via.Hostname(), cmp.Or(via.Port(), proxyPorts["https"]))
	return &plain, nil
}

// Else the proxy opens a connection for it.
func (v *visit) forwarded() bool {
	return v.via != nil && strings.HasPrefix(v.via.Scheme, "http") && !v.secure()
}

// An answer that the proxy makes up itself has such a Server header. What it sends on has the app's.
var proxyServers = []string{"squid", "tinyproxy", "mitmproxy", "privoxy"}

// The proxy may do so because the app did not answer in time, which is the app's.
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
	return unreachable(fmt.Sprintf("%s answered in the place of %s with %s", proxy, v.addr(), statusText(status)),
		proxyWay)
}

// It is the status of an answer to CONNECT, other than 200.
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
		return unreachable(proxy+" reset the connection when it was asked for one to "+v.addr(), proxyLog)
	case isEOF(err), isEOF(v.lost()):
		return unreachable(proxy+" closed the connection when it was asked for one to "+v.addr(), proxyLog)
	case errors.As(err, &socks) && socks.Op == "socks connect":
		return v.explainSOCKS(proxy, socks.Err)
	}
	return unreachable(proxy+" does not answer as an HTTP proxy does", "is its scheme socks5 rather than http?")
}

func (v *visit) explainProxyCertificate() failure {
	return unreachable("the proxy "+proxyName(v.via)+" wants a client certificate",
		"heartbeats show none to proxies: take a proxy that wants none, or name the host in NO_PROXY")
}

const (
	proxyLog   = "its log may tell why"
	proxyWay   = "is the app up, and does the proxy know the way?"
	proxyRules = "ask who runs it, or name the host in NO_PROXY"
	proxyUser  = "write its URL like http://user:password@host:3128"
	proxyCheck = "check those in its URL"
)

func (v *visit) explainRefusal(proxy string, status int) failure {
	switch status {
	case http.StatusProxyAuthRequired:
		if v.via.User == nil {
			return unreachable(proxy+" wants a user and a password (407)", proxyUser)
		}
		return unreachable(proxy+" does not accept the user and password (407)", proxyCheck)
	case http.StatusForbidden, http.StatusMethodNotAllowed:
		return unreachable(fmt.Sprintf("%s does not allow connections to %s (%d)", proxy, v.addr(), status), proxyRules)
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return unreachable(fmt.Sprintf("%s cannot reach %s (%d)", proxy, v.addr(), status), proxyWay)
	}
	return unreachable(fmt.Sprintf("%s answered CONNECT to %s with %s", proxy, v.addr(), statusText(status)),
		"is it an HTTP proxy?")
}

// theirs are the words of net/http's SOCKS client for a proxy's replies (RFC 1928, section 6, and RFC 1929). APP
// stands for the app's address.
var socksReasons = []struct{ theirs, ours, hint string }{
	{"general SOCKS server failure", "cannot reach APP (general failure)", proxyWay},
	{"connection not allowed by ruleset", "does not allow connections to APP", proxyRules},
	{"network unreachable", "cannot reach the network of APP", proxyWay},
	{"host unreachable", "cannot reach APP", proxyWay},
	{"connection refused", "was refused a connection by APP", "is the app up?"},
	{"TTL expired", "cannot reach APP (TTL expired)", proxyWay},
	{"command not supported", "does not open connections", "is it the right port?"},
	{"address type not supported", "does not support addresses such as APP", proxyLog},
	{"authentication failed", "does not accept the user and password", proxyCheck},
	{
		"no acceptable authentication methods", "wants a user and a password",
		"write its URL like socks5://user:password@host:1080",
	},
	{"unexpected protocol version", "does not speak SOCKS 5", "is its scheme http rather than socks5?"},
}

func (v *visit) explainSOCKS(proxy string, err error) failure {
	for _, r := range socksReasons {
		if strings.Contains(err.Error(), r.theirs) {
			return unreachable(proxy+" "+strings.ReplaceAll(r.ours, "APP", v.addr()), r.hint)
		}
	}
	return unreachable(proxy+" opened no connection to "+v.addr(), proxyLog)
}
