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

// DynoSize tells the dyno size of the process type, as Heroku writes it: Standard-1X. Right after Size it takes no call
// of its own.
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

// SetDynoSize asks for dynos of another size, such as standard-2x, in upper or lower case. Heroku restarts all of the
// process type. After an error the size may or may not have changed: DynoSize tells.
func (p *Platform) SetDynoSize(ctx context.Context, name string) error {
	if name == "" || !web.Only(name, web.Letters+web.Digits+"-.", 64) {
		return fmt.Errorf("change the dynos of %s: %q is no dyno size: one looks like standard-2x", p.name(), name)
	}
	p.seen.Store(nil)
	size := strings.ToLower(name)
	err := p.change(ctx, fmt.Sprintf("change the dynos of %s to %s", p.name(), size), change{Size: &size})
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusUnprocessableEntity && !e.Deploying() {
		e.Hint = "Heroku does not accept this dyno size here: eco, basic and the larger sizes do not mix in one app, " +
			"some plans and " +
			"generations have no such size, and eco and basic allow one dyno of a process type; " +
			"leave out of DYNO_SIZES what `heroku ps:type --app " + p.app + "` does not accept"
	}
	return err
}
