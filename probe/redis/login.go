package redis

import (
	"errors"
	"strconv"
	"strings"
)

// Providers wrote this user into URLs before Redis had users (Heroku's are redis://h:password@host). Clients ignored it
// then, and access lists do not know it: the password is the default user's.
const placeholder = "h"

func (c *client) login(w *wire) error {
	if c.password != "" {
		if err := c.authenticate(w); err != nil {
			return err
		}
	}
	if c.database == 0 {
		return nil
	}
	return w.order("SELECT", strconv.Itoa(c.database))
}

func (c *client) authenticate(w *wire) error {
	if c.user == "" {
		return w.order("AUTH", c.password)
	}
	err := w.order("AUTH", c.user, c.password)
	var refused refusal
	if c.user != placeholder || !errors.As(err, &refused) || !noSuchUser(refused) {
		return err
	}
	return w.order("AUTH", c.password)
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
