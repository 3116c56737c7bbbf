package cloudfoundry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Check checks what scaling needs, one thing at a time, and changes nothing: the credentials, the app, its process
// type, and the API calls left. It reports each with what it found, and what is wrong or nil. It skips what cannot work
// after an earlier answer.
func (p *Platform) Check(ctx context.Context, report func(what, found string, err error)) {
	who := "client " + p.o.Credentials.ClientID
	switch {
	case p.o.Credentials.Username != "":
		who = "user " + p.o.Credentials.Username
	case p.o.Credentials.RefreshToken != "":
		who = "a refresh token"
	}
	err := p.do(ctx, "get a token", func(ctx context.Context) error {
		_, err := p.tokens.get(ctx)
		return err
	})
	if err != nil {
		report("credentials", "", err)
		return
	}
	report("credentials", p.transport.Secrets.Strike(who+", on "+p.o.URL), nil)
	found, err := p.checkApp(ctx)
	report("app", found, err)
	if found == "" {
		return
	}
	found, err = p.checkProcess(ctx)
	report("process", found, err)
	if n, ok := p.Quota(); ok {
		var err error
		if n == 0 {
			err = errors.New("no API calls are left. Something that uses these credentials calls too often")
		}
		report("API calls left", fmt.Sprintf("about %d", n), err)
	}
}

// found is empty if the app cannot be read.
func (p *Platform) checkApp(ctx context.Context) (found string, err error) {
	err = p.do(ctx, "read the app "+web.Line(p.o.App), func(ctx context.Context) error {
		a, err := p.readApp(ctx)
		if err != nil {
			return err
		}
		found = p.transport.Secrets.Strike(fmt.Sprintf("%s, %s", a.Name, strings.ToLower(a.State)))
		if why := whyLeftAlone(a); why != "" {
			return &Error{Message: why + ", so the bot leaves it alone"}
		}
		return nil
	})
	return found, err
}

func (p *Platform) checkProcess(ctx context.Context) (found string, err error) {
	err = p.do(ctx, "read the process "+p.name(), func(ctx context.Context) error {
		q, _, deploying, err := p.processes(ctx)
		if err != nil {
			return err
		}
		found = fmt.Sprintf("%s: %d × %d MB", p.o.ProcessType, q.Instances, q.MemoryMB)
		if deploying {
			found += ", deployment in progress"
		}
		return nil
	})
	return found, err
}

// Conflicts returns what prevents scaling the process type to most instances, the largest number that the settings
// allow: the quotas of the app's space and org. It ignores what other apps use of them, so likely is always nil. It
// changes nothing.
func (p *Platform) Conflicts(ctx context.Context, most int) (sure, likely []string, err error) {
	err = p.do(ctx, "read the quotas of "+p.name(), func(ctx context.Context) error {
		q, _, _, err := p.processes(ctx)
		if err != nil {
			return err
		}
		space, org, err := p.quotas(ctx)
		for _, l := range []struct {
			of string
			limit
		}{{"space", space}, {"org", org}} {
			if need := most * q.MemoryMB; l.memory > 0 && need > l.memory {
				sure = append(sure, fmt.Sprintf("MAX_DYNOS goes up to %d, which needs %d MB, but the %s's quota %q "+
					"allows %d MB for all apps together. "+
					"Lower MAX_DYNOS, or raise the quota (`cf update-%s-quota`)", most, need, l.of,
					l.name, l.memory, l.of))
			}
			if l.instances > 0 && most > l.instances {
				sure = append(sure, fmt.Sprintf("MAX_DYNOS goes up to %d, but the %s's quota %q allows %d instances "+
					"of all apps together. "+
					"Lower MAX_DYNOS, or raise the quota (`cf update-%s-quota`)", most, l.of, l.name,
					l.instances, l.of))
			}
		}
		return err
	})
	return sure, nil, err
}
