package email

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// The starttls parameter of an smtp URL. A connection of an smtps URL is encrypted from the beginning.
const (
	mandatory     = "mandatory"
	opportunistic = "opportunistic"
	never         = "never"
)

type server struct {
	host       string
	port       int
	tls        bool   // from the beginning
	starttls   string // mandatory, opportunistic or never; empty with tls
	user, pass string // both empty when the server wants to know nobody
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

func (s server) loopback() bool {
	return s.host == "localhost" || net.ParseIP(s.host).IsLoopback()
}

// Its errors hold no part of the URL: where it is wrong, a part of the password may stand anywhere.
func parseURL(raw string) (server, error) {
	const form = "it should look like smtp://user:password@smtp.example.com:587 (it is not shown here because it " +
		"holds a password)"
	if raw == "" {
		return server{}, errors.New("email: the SMTP URL is empty; it should look like " +
			"smtp://user:password@smtp.example.com:587")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return server{}, fmt.Errorf("email: the SMTP URL cannot be read; %s; in the user and the password / ? # @ : "+
			"and %% are written %%2F %%3F %%23 %%40 %%3A %%25", form)
	}
	s := server{host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		s.port = 587
	case "smtps":
		s.port, s.tls = 465, true
	default:
		return server{}, fmt.Errorf("email: the SMTP URL begins neither with smtp:// nor with smtps://; %s", form)
	}
	if s.host == "" || u.Opaque != "" {
		return server{}, fmt.Errorf("email: the SMTP URL names no host; %s", form)
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return server{}, fmt.Errorf("email: the SMTP URL goes on after its host and port; %s; in the password / ? "+
			"and # are written %%2F %%3F and %%23", form)
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil || s.port < 1 || s.port > 65535 {
			return server{}, errors.New("email: the SMTP URL's port is not between 1 and 65535; usual are 587 for " +
				"smtp and 465 for smtps")
		}
	}
	s.user = u.User.Username()
	s.pass, _ = u.User.Password()
	if (s.user == "") != (s.pass == "") {
		return server{}, errors.New("email: the SMTP URL has a user without a password, or the reverse; leave both " +
			"out if the server wants none")
	}
	return s, s.readQuery(u.RawQuery)
}

func (s *server) readQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return errors.New("email: the SMTP URL's part after ? cannot be read; it may be ?starttls=opportunistic or " +
			"?starttls=never")
	}
	for name := range query {
		if name != "starttls" {
			return errors.New("email: the SMTP URL has a parameter other than starttls; it may end in " +
				"?starttls=opportunistic or ?starttls=never; a ? in the password is written %3F")
		}
	}
	if s.tls {
		if query.Has("starttls") {
			return errors.New("email: starttls makes no sense in an smtps URL, which is encrypted from the " +
				"beginning; leave it out, or use smtp://")
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
			return errors.New("email: the SMTP URL's starttls is none of mandatory, opportunistic and never")
		}
	}
	return nil
}
