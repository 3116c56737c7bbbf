package heroku

import (
	"context"
	"errors"
	"fmt"
	"strings"

	api "github.com/heroku/heroku-go/v5"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// Conflicts tells what keeps the process type from being scaled to most dynos, the greatest number that is ever wanted.
// Sure is what certainly does; likely is a limit of Heroku's that it raises on request, which its API doesn't tell. It
// changes nothing. What was found is told beside an error too.
func (p *Platform) Conflicts(ctx context.Context, most int) (sure, likely []string, err error) {
	f, others, err := p.formations(ctx)
	if err != nil {
		return nil, nil, err
	}
	size := p.transport.Secrets.Strike(f.Size)
	switch c, n := ceilingOf(f.Size), *f.Quantity; {
	case c.firm && most > c.ofType:
		sure = append(sure, fmt.Sprintf("%s dynos can't exceed one of a process type, and MAX_DYNOS goes up to %d: "+
			"change the size with `heroku ps:type %s=standard-1x --app %s`", size, most, p.processType, p.app))
	case c.ofType > 0 && most > c.ofType && n <= c.ofType: // where there are more, it has been raised
		likely = append(likely, fmt.Sprintf("MAX_DYNOS goes up to %d, and Heroku allows %d %s dynos of a process "+
			"type, unless it has raised that for this app: "+
			"lower MAX_DYNOS, or ask Heroku for more at https://help.heroku.com", most, c.ofType, size))
	case most+others > c.ofApp && n+others <= c.ofApp:
		likely = append(likely, fmt.Sprintf("MAX_DYNOS goes up to %d, the app's other process types have %d dynos, "+
			"and Heroku allows %d in all, "+
			"unless it has raised that for this app: lower MAX_DYNOS, or ask Heroku for more at "+
			"https://help.heroku.com", most, others, c.ofApp))
	}
	if p.processType != "web" || !autoscalable(f.Size) {
		return sure, likely, nil
	}
	m, err := p.autoscaling(ctx)
	if m.Active {
		sure = append(sure, fmt.Sprintf("Heroku's own autoscaling is on, from %d to %d dynos: the two would undo "+
			"each other's work, until the bot's first change "+
			"switches Heroku's off; do so yourself with `heroku ps:autoscale:disable --app %s`", m.Min, m.Max, p.app))
	}
	return sure, likely, err
}

// formations reads the process type, and how many dynos the app's others have.
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

// A ceiling is how many dynos Heroku allows by default, of a process type (0 = as many as of the app) and of an app.
type ceiling struct {
	ofType, ofApp int
	firm          bool // that of the process type is never raised
}

// ceilingOf gives the ceiling of a dyno size, by https://devcenter.heroku.com/articles/dyno-scaling-and-process-limits
// as of December 2024. The sizes of the platform's newest generation, Fir, are those like dyno-1c-0.5gb.
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

// autoscalable says whether Heroku offers its own autoscaling for web dynos of this size: that of Performance, Private
// and Shield (https://devcenter.heroku.com/articles/autoscaling).
func autoscalable(size string) bool {
	tier, _, _ := strings.Cut(strings.ToLower(size), "-")
	return tier == "performance" || tier == "private" || tier == "shield"
}

// What stands in for the Platform API stands in for the metrics API, too, so that the key goes nowhere else.
func metricsURL(platform string) string {
	if platform == api.DefaultURL {
		return "https://api.metrics.heroku.com"
	}
	return platform
}

// A monitor whose action is to scale is Heroku's autoscaling.
type monitor struct {
	Action string `json:"action_type"`
	Active bool   `json:"is_active"`
	Min    int    `json:"min_quantity"`
	Max    int    `json:"max_quantity"`
}

// autoscaling reads Heroku's own autoscaling of the app's web dynos; the zero monitor means that it is off.
//
// The Platform API doesn't tell it, and what does is not documented: it is what Heroku's own CLI asks for `heroku
// ps:autoscale:enable` and `ps:autoscale:disable` (version 11.10, src/commands/ps/autoscale). So nothing may depend on
// its answer.
func (p *Platform) autoscaling(ctx context.Context) (m monitor, err error) {
	a, err := p.appInfo(ctx)
	if err != nil {
		return m, err
	}
	err = p.do(ctx, "read whether Heroku's own autoscaling is on", func(ctx context.Context) error {
		if a.ID == "" || !web.Only(a.ID, web.Letters+web.Digits+"-", 64) { // the metrics API knows no names
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
		e.Hint = fmt.Sprintf("how to ask is not documented; if it may be on, `heroku ps:autoscale:disable --app %s` "+
			"switches it off", p.app)
	}
	return m, err
}
