package bot

import (
	"slices"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/internal/platform"
)

func platformOf(o *Options) *platform.Platform {
	p := &platform.Platform{
		Interval: o.Interval, Jitter: o.Jitter, Prompt: o.Prompt, Price: o.Policy.Price,
		Budget: o.Policy.Budget > 0, Log: o.Log,
	}
	p.Unit = UnitOf(o.Scaler)
	p.Size = o.Scaler.Size
	p.Quota, _ = o.Scaler.(QuotaReporter)
	p.Up, _ = o.Scaler.(UpReporter)
	p.Releases, _ = o.Scaler.(Releaser)
	p.LeftAlone, _ = o.Scaler.(LeftAloneReporter)
	p.Maintenance, _ = o.Scaler.(MaintenanceReporter)
	if o.Policy.Price == 0 {
		p.Prices, _ = o.Scaler.(Pricer)
	}
	if sizer, ok := o.Scaler.(Sizer); ok && judgesSize(o.Policy) {
		p.DynoSize, p.SetDynoSize = sizer.DynoSize, sizer.SetDynoSize
		p.SizePending, _ = o.Scaler.(SizePender)
		if prices, ok := o.Scaler.(SizePricer); ok && p.Prices != nil {
			o.Policy.SizePrices = make([]float64, len(o.Policy.Sizes))
			for i, size := range o.Policy.Sizes {
				o.Policy.SizePrices[i], _ = prices.SizePrice(size)
			}
		}
	}
	if p.Resize = o.Scaler.Resize; o.DryRun {
		o.Scaler, p.Resize, p.SetDynoSize = nil, nil, nil // so that nothing can write
	}
	return p
}

// UnitOf returns the platform's word for a dyno, in the singular; "" for "dyno" and for a platform that is not a
// [Namer].
func UnitOf(s Scaler) string {
	if n, ok := s.(Namer); ok && n.Unit() != "dyno" {
		return n.Unit()
	}
	return ""
}

func judgesSize(p decide.Policy) bool {
	return len(p.Sizes) > 0 && (p.Ladder != "" ||
		slices.ContainsFunc(p.Rules, func(r decide.SignalRule) bool { return r.Size }))
}
