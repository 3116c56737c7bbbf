package pool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Check tests everything the pool needs, and changes nothing: the provider's and the balancer's own checks, the
// servers, the members of the balancer, the servers' health, the limits and the cost of one more server. An error with
// the same cause as an earlier one is not reported again.
func (p *Pool) Check(ctx context.Context, report func(what, found string, err error)) {
	said := false // the provider does not offer the first size
	out, known := report, causes{}
	report = func(what, found string, err error) {
		said = said || what == "size" && err != nil
		if err == nil || !known.known(err) {
			out(what, found, err)
		}
	}
	for _, part := range []any{p.o.Provider, p.o.Balancer} {
		if c, ok := part.(interface {
			Check(ctx context.Context, report func(what, found string, err error))
		}); ok {
			c.Check(ctx, report)
		}
	}
	servers, err := p.list(ctx)
	if err != nil {
		report("servers", "", err)
		return
	}
	report("servers", p.describeAll(servers), nil)
	missing := p.checkSizes(ctx, servers, said, report)
	p.checkBalancer(ctx, servers, report)
	p.checkHealth(ctx, servers, report)
	p.checkLimits(servers, missing, report)
}

func (p *Pool) checkLimits(servers []Server, missing []string, report func(what, found string, err error)) {
	least, most := p.o.limits(time.Now())
	found := fmt.Sprintf("%d to %d servers", least, most)
	var wrong []error
	if n := len(servers); n > most {
		wrong = append(wrong, fmt.Errorf("there are already %d: the pool will remove some", n))
	}
	if hour := p.o.MaxDollarsPerHour; hour > 0 {
		found += fmt.Sprintf(", $%.4g an hour at most", hour)
		if price := p.o.priceOf(p.o.Size, nil); price > 0 && hour >= price && int((hour+rounding)/price) < most {
			found += fmt.Sprintf(", enough for %d × %s", int((hour+rounding)/price),
				cmp.Or(p.o.Size, "the provider's default size"))
		}
		wrong = append(wrong, p.checkCost(hour, servers, missing))
	}
	report("limits", found, errors.Join(wrong...))
}

// Sizes that the provider does not offer have no price.
func (p *Pool) checkCost(hour float64, servers []Server, missing []string) error {
	least, when := p.highestMinimum(time.Now())
	there := make([]*tracked, len(servers))
	for i, s := range servers {
		there[i] = &tracked{Server: s}
	}
	var wrong []error
	for i, size := range p.o.sizes() {
		price := p.o.priceOf(size, there)
		switch of := cmp.Or(size, "the provider's default size"); {
		case slices.Contains(missing, size):
		case price == 0:
			wrong = append(wrong, fmt.Errorf("the price of size %s is unknown, so no server of it can be created. "+
				"Set it in SERVER_PRICE_PER_HOUR", of))
		case price > hour+rounding:
			wrong = append(wrong, fmt.Errorf("one server of size %s costs $%.4g an hour: more than the limit, so "+
				"none can be created", of, price))
		case i == 0 && float64(least)*price > hour+rounding:
			wrong = append(wrong, fmt.Errorf("the minimum of %d servers of size %s%s costs $%.4g an hour: more "+
				"than the limit",
				least, of, when, float64(least)*price))
		}
	}
	return errors.Join(wrong...)
}

// The highest minimum of the coming week, at least 1; when is "" for now.
func (p *Pool) highestMinimum(now time.Time) (highest int, when string) {
	const week, step = 7 * 24 * time.Hour, 15 * time.Minute
	highest, _ = p.o.limits(now)
	highest = max(1, highest)
	for at := now.Truncate(step).Add(step); at.Before(now.Add(week)); at = at.Add(step) {
		if least, _ := p.o.limits(at); least > highest {
			highest, when = least, " at "+at.UTC().Format("Mon 15:04 UTC")
		}
	}
	return highest, when
}

func (p *Pool) describeAll(servers []Server) string {
	if len(servers) == 0 {
		return "pool " + p.o.Name + " has no servers yet"
	}
	list := make([]string, len(servers))
	for i, s := range servers {
		list[i] = fmt.Sprintf("%s %s", s.Name, s.State)
	}
	return fmt.Sprintf("%d in pool %s: %s", len(servers), p.o.Name, strings.Join(list, ", "))
}

// said: the error of the first size was already reported. missing are the sizes that the provider does not offer.
func (p *Pool) checkSizes(
	ctx context.Context, servers []Server, said bool, report func(what, found string, err error),
) (missing []string) {
	if p.o.Size == "" {
		return nil
	}
	var found []string
	var wrong []error
	for _, name := range p.o.sizes() {
		size, err := Offered(ctx, p.o.Provider, name)
		if err != nil {
			missing = append(missing, name)
			if !said || name != p.o.Size { // one cause, one report
				wrong = append(wrong, err)
			}
			continue
		}
		if price := cmp.Or(size.Price, p.o.priceOf(name, nil)); price > 0 {
			name += fmt.Sprintf(" ($%.5g an hour)", price)
		}
		found = append(found, name)
	}
	text := strings.Join(found, ", ")
	stay := slices.DeleteFunc(slices.Clone(servers), func(s Server) bool {
		_, known := FindSize(p.o.Sizes, s.Size)
		return s.State == Ending || s.State == Failed || known && len(p.o.Sizes) > 1
	})
	if others := otherSizes(stay, p.o.Size); others != "" {
		text += "\n" + others + "; a running bot replaces them"
	}
	if text = strings.TrimPrefix(text, "\n"); text != "" || len(wrong) > 0 {
		report("sizes", text, errors.Join(wrong...))
	}
	return missing
}

func (p *Pool) checkBalancer(ctx context.Context, servers []Server, report func(what, found string, err error)) {
	if p.o.Balancer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.CallTimeout)
	defer cancel()
	members, err := p.o.Balancer.Members(ctx)
	if err != nil {
		report("balancer", "", err)
		return
	}
	obs, ours, serving := observation{servers: servers, members: members}, 0, 0
	for _, s := range servers {
		if m := obs.member(s); m != nil {
			ours++
			if m.State == Serving {
				serving++
			}
		}
	}
	report("balancer", fmt.Sprintf("members: %d of the pool (%d get requests), %d other",
		ours, serving, len(members)-ours), nil)
}

func (p *Pool) checkHealth(ctx context.Context, servers []Server, report func(what, found string, err error)) {
	ask := askable(servers)
	if p.o.Health == nil || len(ask) == 0 {
		return
	}
	var wrong []error
	for id, err := range healths(ctx, p.o.Health, ask) {
		for _, s := range ask {
			if s.ID == id && err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", s.Name, err))
			}
		}
	}
	report("health", fmt.Sprintf("%d of %d servers pass", len(ask)-len(wrong), len(ask)), errors.Join(wrong...))
}
