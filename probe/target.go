package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// raw may be a path if hasBase: the app's web URL will be known. Errors show no secret of the URL.
func parseTarget(raw string, hasBase bool) (*url.URL, error) {
	const hint = "use a URL such as https://example.com/heartbeat/"
	if raw == "" {
		return nil, errors.New("heartbeat URL is empty: " + hint)
	}
	u, err := url.Parse(raw)
	if err != nil {
		// Show neither the URL nor the parser's error: the mistake may be in the middle of a password.
		return nil, errors.New("heartbeat URL is invalid, perhaps because of a space, a wrong port or a wrong " +
			"%-escape: " + hint)
	}
	switch {
	case strings.HasPrefix(raw, "//"):
		return nil, errors.New("heartbeat URL begins with two slashes: " + hint + ", or a path with one slash")
	case strings.HasPrefix(raw, "/") && hasBase:
		return u, nil
	case strings.HasPrefix(raw, "/"):
		return nil, fmt.Errorf("heartbeat URL %q is only a path, and the app's web URL is not known: %s", u.Path, hint)
	case u.Scheme == "" || u.Opaque != "":
		return nil, errors.New("heartbeat URL must begin with http://, https:// or a slash: " + hint)
	}
	if err := checkTarget(u); err != nil {
		return nil, fmt.Errorf("heartbeat URL %w: %s", err, hint)
	}
	return u, nil
}

// The error continues a sentence that begins with what u is.
func checkTarget(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("has a scheme other than http and https")
	}
	if u.Hostname() == "" {
		return errors.New("has no host")
	}
	if !validPort(port(u)) {
		return errors.New("has an invalid port, which must be 1–65535")
	}
	return nil
}

func (h *Heartbeat) resolve(ctx context.Context) (*url.URL, error) {
	h.mu.Lock()
	target := h.target
	h.mu.Unlock()
	if target.IsAbs() {
		return target, nil
	}
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	raw, err := h.base(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errors.New("the app's web URL is not known: the platform did not answer in time")
	}
	if err != nil {
		return nil, fmt.Errorf("the app's web URL is not known: %w", err)
	}
	base, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the app's web URL is invalid")
	}
	if err := checkTarget(base); err != nil {
		return nil, fmt.Errorf("the app's web URL %w", err)
	}
	target = base.ResolveReference(target)
	h.mu.Lock()
	h.target = target
	h.mu.Unlock()
	return target, nil
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 65535
}

// In ASCII, as name servers know it, with its port.
func hostPort(u *url.URL) string {
	host := u.Hostname()
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	return net.JoinHostPort(host, port(u))
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
