package heroku

import (
	"context"
	"errors"
	"fmt"
	"strings"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Conflicts returns what prevents scaling the process type to most dynos, the largest number that the settings allow.
// sure is certain. likely is a limit that Heroku raises on request, which its API does not report. It changes nothing.
// After an error it still returns what it found.
func (p *Platform) Conflicts(ctx context.Context, most int) (sure, likely []string, err error) {
	f, others, err := p.formations(ctx)
	if err != nil {
		return nil, nil, err
	}
	size := p.transport.Secrets.Strike(f.Size)
	switch c, n := ceilingOf(f.Size), *f.Quantity; {
	case c.firm && most > c.ofType:
		sure = append(sure, fmt.Sprintf("MAX_DYNOS goes up to %d, but there can be only one %s dyno per process type. "+
			"Change the size with `heroku ps:type %s=standard-1x --app %s`", most, size, p.processType, p.app))
	case c.ofType > 0 && most > c.ofType && n <= c.ofType: // if there are more, the limit was raised
		likely = append(likely, fmt.Sprintf("MAX_DYNOS goes up to %d, but Heroku allows %d %s dynos per process "+
			"type, unless it raised the limit for this app. "+
			"Lower MAX_DYNOS, or ask for more at https://help.heroku.com", most, c.ofType, size))
	case most+others > c.ofApp && n+others <= c.ofApp:
		likely = append(likely, fmt.Sprintf("MAX_DYNOS goes up to %d and the app's other process types have %d dynos, "+
			"but Heroku allows %d in all, "+
			"unless it raised the limit for this app. Lower MAX_DYNOS, or ask for more at "+
			"https://help.heroku.com", most, others, c.ofApp))
	}
	if p.processType != "web" || !autoscalable(f.Size) {
		return sure, likely, nil
	}
	m, err := p.autoscaling(ctx)
	if m.Active {
		sure = append(sure, fmt.Sprintf("Heroku's own autoscaling is on, from %d to %d dynos: the two would undo "+
			"each other's changes, until the bot's first change switches Heroku's off. "+
			"To switch it off now, run `heroku ps:autoscale:disable --app %s`", m.Min, m.Max, p.app))
	}
	return sure, likely, err
}

// others is the number of dynos of the app's other process types.
func (p *Platform) formations(ctx context.Context) (own formation, others int, err error) {
	var list []formation
	err = p.get(ctx, "read the formation of "+p.app, "/apps/"+p.app+"/formation", &list, func() error {
		for _, f := range list {
			switch {
			case f.Type == nil:
				return errors.New("it has no type or no quantity")
			case *f.Type == p.processType:
				own = f
			case f.Quantity != nil:
				others += *f.Quantity
			}
		}
		if own.Type == nil {
			return fmt.Errorf("it has no process type %s", p.processType)
		}
		return own.check(p.processType)
	})
	return own, others, err
}

// Heroku's default limits on dynos: per process type (0 = as per app) and per app.
type ceiling struct {
	ofType, ofApp int
	firm          bool // ofType is never raised
}

// From https://devcenter.heroku.com/articles/dyno-scaling-and-process-limits as of December 2024. Sizes like
// dyno-1c-0.5gb are the newest generation's, Fir.
func ceilingOf(size string) ceiling {
	s := strings.ToLower(size)
	switch {
	case s == "eco" || s == "basic":
		return ceiling{ofType: 1, ofApp: 100, firm: true}
	case autoscalable(s):
		return ceiling{ofType: 10, ofApp: 100}
	case strings.HasPrefix(s, "dyno-"):
		return ceiling{ofApp: 255}
	}
	return ceiling{ofApp: 100}
}

// Heroku offers its own autoscaling for web dynos of the tiers Performance, Private and Shield
// (https://devcenter.heroku.com/articles/autoscaling).
func autoscalable(size string) bool {
	tier, _, _ := strings.Cut(strings.ToLower(size), "-")
	return tier == "performance" || tier == "private" || tier == "shield"
}

// A stand-in for the Platform API also stands in for the metrics API, so the key goes nowhere else.
func metricsURL(platform string) string {
	if platform == api.DefaultURL {
		return "https://api.metrics.heroku.com"
	}
	return platform
}

// A monitor whose action is "scale" is Heroku's autoscaling.
type monitor struct {
	Action string `json:"action_type"`
	Active bool   `json:"is_active"`
	Min    int    `json:"min_quantity"`
	Max    int    `json:"max_quantity"`
}

// The zero monitor means that Heroku's own autoscaling of the web dynos is off.
//
// The Platform API does not report it, and the API that does is undocumented: Heroku's CLI uses it for `heroku
// ps:autoscale:enable` and `ps:autoscale:disable` (version 11.10, src/commands/ps/autoscale). So nothing may depend on
// its answer.
func (p *Platform) autoscaling(ctx context.Context) (m monitor, err error) {
	a, err := p.appInfo(ctx)
	if err != nil {
		return m, err
	}
	err = p.do(ctx, "read whether Heroku's own autoscaling is on", func(ctx context.Context) error {
		if a.ID == "" || !web.Only(a.ID, web.Letters+web.Digits+"-", 64) { // the metrics API requires the ID
			return errors.New("the app has no id")
		}
		var list []monitor
		if err := p.metrics.Get(ctx, &list, "/apps/"+a.ID+"/formation/web/monitors", nil, nil); err != nil {
			return err
		}
		if list == nil {
			return errors.New("it has no list of monitors")
		}
		for _, l := range list {
			if l.Action == "scale" && l.Active {
				m = l
			}
		}
		return nil
	})
	var e *Error
	if errors.As(err, &e) {
		e.Hint = fmt.Sprintf("Heroku does not document this API. Run `heroku ps:autoscale:disable --app "+
			"%s` to switch autoscaling off", p.app)
	}
	return m, err
}
