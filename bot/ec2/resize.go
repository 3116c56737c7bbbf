package ec2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Resize stops a server, makes it another type of instance, and starts it again. Its private address stays; a public
// one that is no Elastic IP becomes another, and what stood on instance-store disks is lost. Where AWS refuses the new
// type of a server that is off, it is started again as it was. An empty size only starts it.
func (p *Provider) Resize(ctx context.Context, id, size string, progress func(string)) error {
	op := "resize the server " + web.Line(id) + " to " + web.Line(size)
	if size == "" {
		op = "start the server " + web.Line(id)
	} else if !typeName.MatchString(size) {
		return named(op, errors.New("that is no type of EC2 instances: they look like t3.small"))
	}
	err := do(ctx, op, func(ctx context.Context) error {
		if _, err := p.describe(ctx, id); err != nil || size == "" {
			return err
		}
		// A name that does not exist is better found while the server is on.
		_, err := p.client.types(ctx, url.Values{"InstanceType.1": {size}})
		return err
	})
	if err != nil {
		return err
	}
	r := resizing{p: p, id: id, size: size, start: time.Now(), progress: progress}
	for {
		var done bool
		err := do(ctx, op, func(ctx context.Context) (err error) {
			done, err = r.step(ctx)
			return err
		})
		if ctx.Err() != nil {
			return named(op, fmt.Errorf("%w: it was left %s; asked again, it goes on from there", ctx.Err(), r.left))
		}
		if done || err != nil {
			return err
		}
		_ = web.Sleep(ctx, poll/2) // the next step tells that ctx ended
	}
}

// A resizing is one that goes on. Each step looks afresh, so another can go on from wherever this one ends.
type resizing struct {
	p        *Provider
	id, size string
	start    time.Time
	progress func(string)
	left     string // how the server was last seen
	old      string // another size that it was seen to have
	refused  error  // why it can't be of the size, so that it has to be of the old one again
}

func (r *resizing) step(ctx context.Context) (done bool, err error) {
	list, _, err := r.p.client.instances(ctx, url.Values{"InstanceId.1": {r.id}})
	if err != nil {
		return false, err
	}
	if len(list) != 1 || list[0].ID != r.id {
		return false, pool.ErrGone
	}
	i := list[0]
	if i.tag(poolTag) != r.p.o.Pool {
		return false, pool.ErrNotOurs
	}
	r.left = i.State + " as " + i.Type
	want := cmp.Or(r.size, i.Type)
	if i.Type != want && r.old == "" {
		r.old = i.Type
	}
	if r.refused != nil {
		want = r.old
	}
	r.progress(fmt.Sprintf("%s, %v", r.left, time.Since(r.start).Round(time.Second)))
	switch {
	case i.State == running && i.Type == want:
		return true, r.refused
	case i.State == running:
		return false, r.change(ctx, "StopInstances", url.Values{"InstanceId.1": {r.id}})
	case i.State == stopped && i.Type == want:
		err = r.change(ctx, "StartInstances", url.Values{"InstanceId.1": {r.id}})
	case i.State == stopped:
		err = r.change(ctx, "ModifyInstanceAttribute", url.Values{"InstanceId": {r.id}, "InstanceType.Value": {want}})
	case i.State == terminated || i.State == shuttingDown:
		return false, fmt.Errorf("%w: it is %s", pool.ErrGone, i.State)
	}
	if errors.Is(err, pool.ErrRefused) && r.refused == nil && r.old != "" {
		r.refused, err = fmt.Errorf("%w (so it is %s, as before)", err, r.old), nil
	}
	if err != nil {
		err = fmt.Errorf("%w (it was left %s, and serves again once it is resized to a size that can be had)", err,
			r.left)
	}
	return false, err
}

// Each change is absolute. AWS refuses one for which the server is not ready yet, since its reads may be behind; the
// next step looks again.
func (r *resizing) change(ctx context.Context, action string, params url.Values) error {
	err := r.p.client.call(ctx, serviceEC2, harmless, action, params, nil)
	if codeOf(err) == "IncorrectInstanceState" {
		return nil
	}
	return err
}
