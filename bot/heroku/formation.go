package heroku

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// The library's Formation does not distinguish a missing quantity from 0, which means that somebody switched the app
// off, and it fails if any other field changes its form.
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

// Size returns the desired number of dynos, whether or not they all run yet. settled is always true, because Heroku
// accepts a new quantity at any time. Only Resize can be refused, during a deploy with preboot.
//
// If the app has several process types, Size may use a reading of all of them that another one made within the last two
// seconds, unless there was a change since. It never returns the same reading twice.
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
	return p.formation(ctx) // its error says what is wrong
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

// Resize requests n dynos, 0 or more. After an error the number may or may not have changed; use Size. If the app has
// several process types, Resize waits up to 75 ms for their changes and sends them to Heroku together. Each process
// type gets its own result.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale %s to %d: must be 0 or more dynos", p.name(), n)
	}
	return p.change(ctx, fmt.Sprintf("scale %s to %d", p.name(), n), change{Quantity: &n})
}

// nil fields stay unchanged.
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
	ch.Type = "" // it is in the path
	return p.do(ctx, op, func(ctx context.Context) error {
		var f formation
		if err := p.service.Patch(ctx, &f, p.formationPath(), ch); err != nil {
			return err
		}
		return ch.made(f, p.processType)
	})
}
