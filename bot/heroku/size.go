package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

type seen struct {
	size string
	at   time.Time
}

// DynoSize returns the dyno size of the process type, as Heroku writes it: Standard-1X. Right after Size it makes no
// call.
func (p *Platform) DynoSize(ctx context.Context) (name string, err error) {
	if s := p.seen.Swap(nil); s != nil && s.size != "" && time.Since(s.at) < fresh {
		return p.transport.Secrets.Strike(s.size), nil
	}
	f, err := p.formation(ctx)
	switch {
	case err != nil:
		return "", err
	case f.Size == "":
		return "", web.Named(p.reading(), p.transport.Unusable(errors.New("it has no size")))
	}
	return p.transport.Secrets.Strike(f.Size), nil
}

// SetDynoSize requests another dyno size, such as standard-2x, in upper or lower case. Heroku restarts all dynos of the
// process type. After an error the size may or may not have changed; use DynoSize.
func (p *Platform) SetDynoSize(ctx context.Context, name string) error {
	if name == "" || !web.Only(name, web.Letters+web.Digits+"-.", 64) {
		return fmt.Errorf("change the dynos of %s: %q is not a dyno size: must be like standard-2x", p.name(), name)
	}
	p.seen.Store(nil)
	size := strings.ToLower(name)
	err := p.change(ctx, fmt.Sprintf("change the dynos of %s to %s", p.name(), size), change{Size: &size})
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusUnprocessableEntity && !e.Deploying() {
		e.Hint = "Heroku does not accept this dyno size here: eco, basic and larger sizes cannot be mixed " +
			"in one app, " +
			"some plans and generations lack it, and eco and basic allow one dyno per process type. " +
			"Remove the sizes from DYNO_SIZES that `heroku ps:type --app " + p.app + "` does not accept"
	}
	return err
}
