package bot

import (
	"context"
	"errors"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

var errInterrupted = errors.New("the bot is stopping")

// An error says why the number of dynos is unknown. The remaining facts are then not asked for.
func (b *Bot) gather(ctx context.Context, began, now time.Time, readings []probe.Reading) (decide.Facts, error) {
	control := b.Control()
	control.Limits = control.At(now).Limits
	f := decide.Facts{
		Now: now, Readings: readings, Limits: b.limits(control, b.o.Schedule.At(now), now), Control: control,
		Dynos: -1, Up: -1,
		Price: b.platform.DynoPrice(),
	}
	if ctx.Err() != nil {
		return f, errInterrupted
	}
	if f.Offline = b.offline(ctx, began, readings); f.Offline {
		return f, nil
	}
	t, end := b.platform.Tick(ctx, began)
	defer end()
	if t.Maintenance != nil {
		f.Readings = MarkMaintenance(t.Wait, t.InMaintenance, readings)
	}
	n, settled, err := t.Count()
	if ctx.Err() != nil {
		err = errInterrupted
	}
	if err != nil {
		return f, err
	}
	f.Dynos, f.Settled = n, settled
	if t.LeftAlone != nil {
		f.LeftAlone = t.LeftAlone.LeftAlone()
	}
	if f.KnowsUp = t.Up != nil; f.KnowsUp && b.state.Booting(now) {
		f.Up = t.Running()
	}
	f.Size = t.SizeFound(b.state.Size)
	f.Price = t.PriceNow(now)
	return f, nil
}
