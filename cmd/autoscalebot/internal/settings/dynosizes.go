package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Sizing are the settings of the size of dynos.
type Sizing struct {
	DynoSizes  List `envconfig:"DYNO_SIZES" desc:"Heroku: dyno sizes to choose from, the smallest first: ''standard-1x,standard-2x''; empty = never change it."`
	ScaleOrder Word `envconfig:"SCALE_ORDER" desc:"What changes first: ''horizontal'' = the number, ''vertical'' = the size; empty = only ''scale=size'' rules resize."`
}

// ladders are the dyno sizes whose order is known, the smallest first
// (https://devcenter.heroku.com/articles/dyno-tiers). Those that are not there may stand anywhere.
func ladders() [][]string {
	return [][]string{
		{
			"eco", "basic", "standard-1x", "standard-2x", "performance-m", "performance-l", "performance-l-ram",
			"performance-xl", "performance-2xl",
		},
		{"private-s", "private-m", "private-l", "private-l-ram", "private-xl", "private-2xl"},
		{"shield-s", "shield-m", "shield-l", "shield-l-ram", "shield-xl", "shield-2xl"},
	}
}

func (ps *Problems) checkDynoSizes(s *Settings) {
	if s.ScaleOrder != "" {
		ps.oneOf("SCALE_ORDER", s.ScaleOrder, string(decide.Horizontal), string(decide.Vertical))
	}
	asked := slices.ContainsFunc(s.Rules, func(r decide.SignalRule) bool { return r.Size })
	if s.HasPool() {
		ps.checkSizes(s, asked)
		return
	}
	if len(s.DynoSizes) == 0 {
		if asked && !ps.has("DYNO_SIZES", "RULES") {
			ps.add("DYNO_SIZES", "is not set, and a rule says scale=size; write the sizes to choose from, the "+
				"smallest first, such as standard-1x,standard-2x")
		} else if s.ScaleOrder != "" && !ps.has("DYNO_SIZES", "SCALE_ORDER") {
			ps.add("DYNO_SIZES", "is not set, and SCALE_ORDER=%s chooses between sizes; write them, the smallest "+
				"first, such as standard-1x,standard-2x", s.ScaleOrder)
		}
		return
	}
	seen := map[string]bool{}
	for i, size := range s.DynoSizes {
		s.DynoSizes[i] = strings.ToLower(size)
		switch size := s.DynoSizes[i]; {
		case strings.Trim(size, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
			ps.add("DYNO_SIZES", "%q: write a dyno size, such as standard-2x", size)
		case seen[size]:
			ps.add("DYNO_SIZES", "%s is there twice", size)
		}
		seen[s.DynoSizes[i]] = true
	}
	switch a, b, ok := ascending(s.DynoSizes); {
	case s.Platform != "heroku":
		ps.add("DYNO_SIZES", "PLATFORM=%s has no dyno sizes; leave it out", s.Platform)
	case len(s.DynoSizes) < 2:
		ps.add("DYNO_SIZES", "%s alone leaves nothing to choose; write two sizes or more, such as "+
			"standard-1x,standard-2x", s.DynoSizes[0])
	case !ok:
		ps.add("DYNO_SIZES", "%s is larger than %s; write the smallest first", a, b)
	}
	if s.DynoPrice > 0 {
		ps.add("DYNO_PRICE_PER_MONTH", "is that of one dyno size, and DYNO_SIZES has several; leave it out, so that "+
			"Heroku's list prices hold")
	}
}

// checkSizes does not judge the order: only the provider knows it.
func (ps *Problems) checkSizes(s *Settings, asked bool) {
	for i, size := range s.Sizes {
		switch {
		case strings.ContainsAny(size, " \t"):
			ps.add("SIZES", "%q: write a size as autoscalebot servers sizes lists it, such as s-1vcpu-1gb", size)
		case slices.Contains(s.Sizes[:i], size):
			ps.add("SIZES", "%s is there twice", size)
		}
	}
	switch {
	case len(s.Sizes) > 1 || ps.has("SIZES", "RULES", "SCALE_ORDER"):
	case s.ScaleOrder != "":
		ps.add("SIZES", "has no two sizes, and SCALE_ORDER=%s chooses between sizes; write them, the smallest first, "+
			"such as s-1vcpu-1gb,s-2vcpu-2gb", s.ScaleOrder)
	case asked:
		ps.add("SIZES", "has no two sizes, and a rule says scale=size; write those to choose from, the smallest "+
			"first, such as s-1vcpu-1gb,s-2vcpu-2gb")
	}
	ps.checkSizePrices(s)
	if s.DynoPrice > 0 && len(s.Sizes) > 1 {
		ps.add("DYNO_PRICE_PER_MONTH", "is that of one size, and SIZES has several; write SERVER_PRICE_PER_HOUR with "+
			"the price of each, or leave it to the provider")
	}
	if len(s.DynoSizes) > 0 {
		ps.add("DYNO_SIZES", "is Heroku's; a pool's sizes are SIZES")
	}
}

// checkSizePrices wants a price for each size where one stands for several, or some have none: what the pool may cost
// would be wrong.
func (ps *Problems) checkSizePrices(s *Settings) {
	if !s.ServerPrice.Known() || s.PoolProvider == "digitalocean" || ps.has("SIZES", "SERVER_PRICE_PER_HOUR") {
		return
	}
	var lack, each []string
	for i, size := range s.Sizes {
		price, ok := s.ServerPrice.own(size)
		if !ok {
			lack = append(lack, size)
			price = s.ServerPrice.All * float64(i+1)
		}
		each = append(each, fmt.Sprintf("%s=%g", size, price))
	}
	switch {
	case s.ServerPrice.All > 0 && len(lack) > 1:
		rest := ""
		if len(lack) < len(s.Sizes) {
			rest = " without another"
		}
		ps.add("SERVER_PRICE_PER_HOUR", "%g is one price, and SIZES has %d sizes%s; write the price of "+
			"each, such as %s", s.ServerPrice.All, len(lack), rest,
			strings.Join(each, ","))
	case s.ServerPrice.All == 0 && len(lack) > 0:
		ps.add("SERVER_PRICE_PER_HOUR", "has no price of %s, of SIZES; write the price of each, such as %s=0.0208",
			strings.Join(lack, " and "), lack[0])
	}
}

// FirstSize is what new servers are of; "" for the provider's default.
func (s *Settings) FirstSize() string {
	if len(s.Sizes) == 0 {
		return ""
	}
	return s.Sizes[0]
}

// Ladder are the sizes that dynos, or servers, can be changed between, the smallest first; nil where there is nothing
// to choose.
func (s *Settings) Ladder() []string {
	switch {
	case !s.HasPool():
		return s.DynoSizes
	case len(s.Sizes) > 1:
		return s.Sizes
	}
	return nil
}

// ascending says whether the sizes go from smaller to larger, and names two that do not.
func ascending(sizes []string) (a, b string, ok bool) {
	for _, ladder := range ladders() {
		last := ""
		for _, size := range sizes {
			if !slices.Contains(ladder, size) {
				continue
			}
			if last != "" && slices.Index(ladder, size) < slices.Index(ladder, last) {
				return last, size, false
			}
			last = size
		}
	}
	return "", "", true
}
