package email

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// Values of the parameter starttls of an smtp URL.
const (
	mandatory     = "mandatory"
	opportunistic = "opportunistic"
	never         = "never"
)

type server struct {
	host       string
	port       int
	tls        bool   // smtps: encrypted from the start
	starttls   string // mandatory, opportunistic or never; empty with tls
	user, pass string // both empty for no login
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

func (s server) loopback() bool {
	return s.host == "localhost" || net.ParseIP(s.host).IsLoopback()
}

// Errors contain no part of the URL: in an invalid URL, part of the password may be anywhere.
func parseURL(raw string) (server, error) {
	const form = "use smtp://user:password@smtp.example.com:587 (yours is not shown because it contains a password)"
	if raw == "" {
		return server{}, errors.New("email: the SMTP URL is empty; use smtp://user:password@smtp.example.com:587")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return server{}, fmt.Errorf("email: invalid SMTP URL; %s; in the user and the password, write / ? # @ : %% "+
			"as %%2F %%3F %%23 %%40 %%3A %%25", form)
	}
	s := server{host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		s.port = 587
	case "smtps":
		s.port, s.tls = 465, true
	default:
		return server{}, fmt.Errorf("email: the SMTP URL must begin with smtp:// or smtps://; %s", form)
	}
	if s.host == "" || u.Opaque != "" {
		return server{}, fmt.Errorf("email: the SMTP URL has no host; %s", form)
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return server{}, fmt.Errorf("email: the SMTP URL must end after the host and port; %s; in the password, "+
			"write / ? # as %%2F %%3F %%23", form)
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil || s.port < 1 || s.port > 65535 {
			return server{}, errors.New("email: invalid port in the SMTP URL: must be 1–65535, usually 587 for smtp " +
				"and 465 for smtps")
		}
	}
	s.user = u.User.Username()
	s.pass, _ = u.User.Password()
	if (s.user == "") != (s.pass == "") {
		return server{}, errors.New("email: the SMTP URL must have both a user and a password, or neither")
	}
	return s, s.readQuery(u.RawQuery)
}

func (s *server) readQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return errors.New("email: invalid parameter in the SMTP URL: must be ?starttls=opportunistic or " +
			"?starttls=never")
	}
	for name := range query {
		if name != "starttls" {
			return errors.New("email: invalid parameter in the SMTP URL: must be ?starttls=opportunistic or " +
				"?starttls=never; in the password, write ? as %3F")
		}
	}
	if s.tls {
		if query.Has("starttls") {
			return errors.New("email: an smtps URL cannot have starttls, since smtps is always encrypted; remove it, " +
				"or use smtp://")
		}
		return nil
	}
	s.starttls = mandatory
	if s.loopback() {
		s.starttls = opportunistic
	}
	if query.Has("starttls") {
		switch s.starttls = query.Get("starttls"); s.starttls {
		case mandatory, opportunistic, never:
		default:
			return errors.New("email: starttls in the SMTP URL must be mandatory, opportunistic or never")
		}
	}
	return nil
}
