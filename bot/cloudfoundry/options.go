package cloudfoundry

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// only reports whether s has characters of the set only, one at least and at most so many. GUIDs go into the path of a URL, so
// nothing may pass that means something there.
func only(s, set string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, set) == ""
}

// isGUID reports whether s looks like a GUID, rather than a name.
func isGUID(s string) bool {
	return len(s) == 36 && strings.Count(s, "-") == 4 && only(s, digits+"abcdefABCDEF-", 36)
}

const example = "https://api.example.com"

// baseURL checks the URL of the Cloud Controller, and gives it without a slash at its end. Its errors don't show a URL that may
// hold a password.
func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "", errors.New("the URL of the Cloud Foundry API is missing: `cf api` shows it")
	case err != nil || u.Hostname() == "":
		return "", errors.New("the Cloud Foundry API's URL is not one: it looks like " + example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the Cloud Foundry API's URL has a user, a query or a fragment: it looks like " + example)
	}
	return strings.TrimRight(u.String(), "/"), encrypted("the Cloud Foundry API's URL", u)
}

// encrypted wants https, or http to this machine.
func encrypted(what string, u *url.URL) error {
	switch {
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%s %s would send secrets unencrypted: use https, or a loopback address such as 127.0.0.1", what, u.Redacted())
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s %s starts with neither https:// nor http://", what, u.Redacted())
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
