package redis

import (
	"errors"
	"strconv"
	"strings"
)

// Providers wrote this user into URLs before Redis had users (Heroku's are redis://h:password@host). Clients ignored it
// then, and access lists do not know it: the password is the default user's.
const placeholder = "h"

func (p *Prober) login(w *wire) error {
	if p.password != "" {
		if err := p.authenticate(w); err != nil {
			return err
		}
	}
	if p.database == 0 {
		return nil
	}
	return w.order("SELECT", strconv.Itoa(p.database))
}

func (p *Prober) authenticate(w *wire) error {
	if p.user == "" {
		return w.order("AUTH", p.password)
	}
	err := w.order("AUTH", p.user, p.password)
	var refused refusal
	if p.user != placeholder || !errors.As(err, &refused) || !noSuchUser(refused) {
		return err
	}
	return w.order("AUTH", p.password)
}

// The server does not know this user, or is older than Redis 6 and has no users.
func noSuchUser(r refusal) bool {
	return strings.HasPrefix(string(r), "WRONGPASS") || strings.HasPrefix(string(r), "ERR wrong number of arguments")
}

func (w *wire) order(words ...string) error {
	w.say(words...)
	answer, err := w.hear()
	if err == nil && answer != "OK" {
		return errProtocol
	}
	return err
}
