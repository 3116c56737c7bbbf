package heroku

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// The library's own Formation can't tell a missing quantity from 0, which means that somebody switched the app off,
// and fails on any other field that changed its form.
type formation struct {
	Quantity *int    `json:"quantity"`
	Type     *string `json:"type"`
	Size     string  `json:"size"`
}

func (f formation) check(processType string) error {
	switch {
	case f.Type == nil || f.Quantity == nil:
		return errors.New("it has no type or no quantity")
	case *f.Type != processType:
		return fmt.Errorf("it is about process type %q", web.Line(*f.Type))
	case *f.Quantity < 0:
		return fmt.Errorf("it has a quantity of %d", *f.Quantity)
	}
	return nil
}

func find(list []formation, processType string) (f formation, ok bool) {
	for _, f := range list {
		if f.Type != nil && *f.Type == processType {
			return f, true
		}
	}
	return formation{}, false
}

// Size reads the number of dynos asked for, whether or not all of them run yet. settled is always true, since Heroku
// accepts a new quantity at any time; what it refuses during a preboot deploy is a Resize.
//
// Where the app has several process types, a reading of all of them that another one has made within the last two
// seconds, and no change since, will do; never one that this process type has had before.
func (p *Platform) Size(ctx context.Context) (n int, settled bool, err error) {
	f, err := p.newestFormation(ctx)
	if err != nil {
		return 0, false, err
	}
	p.seen.Store(&seen{f.Size, time.Now()})
	return *f.Quantity, true, nil
}

func (p *Platform) newestFormation(ctx context.Context) (formation, error) {
	if p.shared.several() < 2 {
		return p.formation(ctx)
	}
	list, err := sharing(ctx, p, &p.shared.formations, p.allFormations)
	if err != nil {
		return formation{}, web.Named(p.reading(), err)
	}
	if f, ok := find(list, p.processType); ok && f.check(p.processType) == nil {
		return f, nil
	}
	return p.formation(ctx) // which says what is wrong with this one
}

func (c *client) allFormations(ctx context.Context) (list []formation, err error) {
	err = c.get(ctx, "", "/apps/"+c.app+"/formation", &list, func() error {
		if list == nil {
			return errors.New("it has no list of process types")
		}
		return nil
	})
	return list, err
}

func (p *Platform) formation(ctx context.Context) (formation, error) {
	var f formation
	err := p.get(ctx, p.reading(), p.formationPath(), &f, func() error { return f.check(p.processType) })
	return f, err
}

func (p *Platform) reading() string { return "read the formation of " + p.name() }

// Resize asks for n dynos, 0 or more. After an error the number may or may not have changed: Size tells. Where the app
// has several process types, it waits up to 75 ms for what they ask, too, so that all goes to Heroku as one; each gets
// its own answer.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale %s to %d: a number of dynos is 0 or more", p.name(), n)
	}
	return p.change(ctx, fmt.Sprintf("scale %s to %d", p.name(), n), change{Quantity: &n})
}

// Fields that are nil stay as they are.
type change struct {
	Type     string  `json:"type,omitempty"`
	Quantity *int    `json:"quantity,omitempty"`
	Size     *string `json:"size,omitempty"`
}

func (ch change) made(f formation, processType string) error {
	if err := f.check(processType); err != nil {
		return err
	}
	switch {
	case ch.Quantity != nil && *f.Quantity != *ch.Quantity:
		return fmt.Errorf("it has a quantity of %d", *f.Quantity)
	case ch.Size != nil && !strings.EqualFold(f.Size, *ch.Size):
		return fmt.Errorf("it has the size %q", web.Line(f.Size))
	}
	return nil
}

func (p *Platform) change(ctx context.Context, op string, ch change) error {
	defer p.shared.changed()
	if p.shared.several() < 2 {
		return p.changeAlone(ctx, op, ch)
	}
	ch.Type = p.processType
	limited, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	list, each, err := p.shared.together(ctx, ch)
	switch {
	case each:
		return p.changeAlone(limited, op, ch)
	case err != nil:
		return web.Named(op, err)
	}
	f, _ := find(list, p.processType)
	if err := ch.made(f, p.processType); err != nil {
		return web.Named(op, p.transport.Unusable(err))
	}
	return nil
}

func (p *Platform) changeAlone(ctx context.Context, op string, ch change) error {
	ch.Type = "" // which is in the path
	return p.do(ctx, op, func(ctx context.Context) error {
		var f formation
		if err := p.service.Patch(ctx, &f, p.formationPath(), ch); err != nil {
			return err
		}
		return ch.made(f, p.processType)
	})
}
