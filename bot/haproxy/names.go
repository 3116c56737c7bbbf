package haproxy

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

const maxName = 200 // bytes; HAProxy itself has no limit

// Prevents names that end a command or begin another.
func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s has an empty name", what)
	}
	if len(name) > maxName || strings.Trim(name, letters+"-_.:") != "" ||
		strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(letters+"-_.:", r) }) {
		return fmt.Errorf("invalid name %q of %s: must be at most %d letters, digits, hyphens, underscores, "+
			"colons or dots",
			cut(name, maxName), what, maxName)
	}
	return nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// Refuses characters with a meaning in the Runtime API (; and newlines end a command, << begins a payload, \ quotes) or
// in a configuration file (# " ').
func checkOptions(options string) error {
	for _, r := range options {
		if !strings.ContainsRune(letters+" -_.:/,@%+=()[]*$", r) {
			return fmt.Errorf("invalid character %q in the server options: must be words as on HAProxy's server "+
				"line, such "+
				"as check inter 2s", r)
		}
	}
	for word := range strings.FieldsSeq(options) {
		switch {
		case strings.Contains(strings.ReplaceAll(word, "$NAME", ""), "$"):
			return fmt.Errorf("invalid server options %q: the only variable is $NAME", word)
		case word == "disabled":
			return fmt.Errorf("invalid server options: with %q a server would never get requests. Remove it",
				word)
		}
	}
	return nil
}

func hostPort(address string, port int) (host string, _ int, err error) {
	host = address
	if h, p, err := net.SplitHostPort(address); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("invalid port in %q: must be 1–65535",
				cut(address, maxName))
		}
		host, port = h, int(n)
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if port == 0 {
		return "", 0, fmt.Errorf("the address %q has no port. Set SERVER_PORT",
			cut(address, maxName))
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", 0, fmt.Errorf("the address %q has a zone, which HAProxy does not support", cut(address, maxName))
		}
		return ip.Unmap().String(), port, nil
	}
	if host == "" || len(host) > 253 || strings.ContainsFunc(host,
		func(r rune) bool { return !strings.ContainsRune(letters+"-_.", r) }) {
		return "", 0, fmt.Errorf("invalid address %q: must be an IP address or a host name", cut(address, maxName))
	}
	return host, port, nil
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func cut(s string, most int) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
