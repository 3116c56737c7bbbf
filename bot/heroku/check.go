package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Check checks what scaling needs, one thing at a time, and changes nothing: the credentials, the app, its formation,
// and the API calls left. It reports each with what it found, and what is wrong or nil. It skips what cannot work after
// an earlier answer.
func (p *Platform) Check(ctx context.Context, report func(what, found string, err error)) {
	email, err := p.account(ctx)
	report("credentials", email, err)
	var e *Error
	if errors.As(err, &e) && (e.Status == 0 || e.Status == http.StatusUnauthorized) {
		return // no answer, or the key is invalid
	}

	found, err := p.checkApp(ctx)
	report("app", found, err)
	if found != "" {
		found, err = p.checkFormation(ctx)
		report("formation", found, err)
	}

	n, err := p.callsLeft(ctx)
	found = ""
	if err == nil {
		found = fmt.Sprintf("%d of the account's 4,500 per hour", n)
		if n == 0 {
			err = errors.New("no API calls are left. Something that uses this account's keys calls too often")
		}
	}
	report("API calls left", found, err)
}

// The e-mail address is returned even if something is wrong with the account.
func (p *Platform) account(ctx context.Context) (email string, err error) {
	var a struct {
		Email        string  `json:"email"`
		SuspendedAt  *string `json:"suspended_at"`
		DelinquentAt *string `json:"delinquent_at"`
	}
	err = p.get(ctx, "read the account", "/account", &a, func() error {
		if a.Email == "" {
			return errors.New("it has no e-mail address")
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case a.SuspendedAt != nil:
		err = errors.New("the account is suspended. Contact Heroku's support")
	case a.DelinquentAt != nil:
		err = errors.New("the account's payments are overdue. See https://dashboard.heroku.com/account/billing")
	}
	return p.transport.Secrets.Strike(a.Email), err
}

// found is empty if the app cannot be read.
func (p *Platform) checkApp(ctx context.Context) (found string, err error) {
	a, err := p.appInfo(ctx)
	if err != nil {
		return "", err
	}
	mode := "off"
	if a.Maintenance {
		mode = "on"
		err = fmt.Errorf("no visitor reaches the app, and the bot does not scale it by heartbeats. End maintenance "+
			"mode with `heroku maintenance:off --app %s`", p.app)
	}
	return p.transport.Secrets.Strike(fmt.Sprintf("%s, region %s, maintenance mode %s, %s", a.Name, a.Region.Name,
		mode, a.WebURL)), err
}

func (p *Platform) checkFormation(ctx context.Context) (found string, err error) {
	f, err := p.formation(ctx)
	if err != nil {
		return "", err
	}
	return p.transport.Secrets.Strike(fmt.Sprintf("%s: %d × %s", p.processType, *f.Quantity, f.Size)), nil
}

func (p *Platform) callsLeft(ctx context.Context) (n int, err error) {
	var r struct {
		Remaining *int `json:"remaining"`
	}
	err = p.get(ctx, "read the rate limit", "/account/rate-limits", &r, func() error {
		if r.Remaining == nil {
			return errors.New("it has no number")
		}
		n = *r.Remaining
		return nil
	})
	return n, err
}
