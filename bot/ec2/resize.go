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

// Resize stops a server, changes its instance type, and starts it. Its private address stays. A public address that is
// not an Elastic IP changes, and the contents of instance-store disks are lost. If AWS refuses the type of a stopped
// server, it is started with its old type. An empty size only starts it.
func (p *Provider) Resize(ctx context.Context, id, size string, progress func(string)) error {
	op := "resize the server " + web.Line(id) + " to " + web.Line(size)
	if size == "" {
		op = "start the server " + web.Line(id)
	} else if !typeName.MatchString(size) {
		return named(op, errors.New("invalid size: must be an EC2 instance type such as t3.small"))
	}
	err := do(ctx, op, func(ctx context.Context) error {
		if _, err := p.describe(ctx, id); err != nil || size == "" {
			return err
		}
		// Better to find an unknown type while the server is on.
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
			return named(op, fmt.Errorf("%w: the server was left %s. Repeat the command to continue",
				ctx.Err(), r.left))
		}
		if done || err != nil {
			return err
		}
		_ = web.Sleep(ctx, poll/2) // the next step sees that ctx ended
	}
}

// Each step reads the server's state, so another resizing can continue from any point.
type resizing struct {
	p        *Provider
	id, size string
	start    time.Time
	progress func(string)
	left     string // last state seen
	old      string // another size that it had
	refused  error  // why it cannot have the new size, so that it must have the old one again
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
		return false, fmt.Errorf("%w: the server is %s", pool.ErrGone, i.State)
	}
	if errors.Is(err, pool.ErrRefused) && r.refused == nil && r.old != "" {
		r.refused, err = fmt.Errorf("%w (the size is %s again)", err, r.old), nil
	}
	if err != nil {
		err = fmt.Errorf("%w (the server was left %s; resize it to an available size to bring it back)", err,
			r.left)
	}
	return false, err
}

// Each change is absolute. AWS refuses a change until the server is ready for it, since its reads may lag; the next
// step reads again.
func (r *resizing) change(ctx context.Context, action string, params url.Values) error {
	err := r.p.client.call(ctx, serviceEC2, harmless, action, params, nil)
	if codeOf(err) == "IncorrectInstanceState" {
		return nil
	}
	return err
}
