package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Sizing configures the sizes of dynos.
type Sizing struct {
	DynoSizes  List `envconfig:"DYNO_SIZES" desc:"Heroku: dyno sizes to choose from, the smallest first: ''standard-1x,standard-2x''; empty = never change it."`
	ScaleOrder Word `envconfig:"SCALE_ORDER" desc:"What changes first: ''horizontal'' = the number, ''vertical'' = the size; empty = only ''scale=size'' rules resize."`
}

// The dyno sizes in order, from https://devcenter.heroku.com/articles/dyno-tiers. Others may be anywhere in the list.
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
			ps.add("DYNO_SIZES", "is not set; a rule with scale=size needs the sizes to choose from, the smallest "+
				"first, such as standard-1x,standard-2x")
		} else if s.ScaleOrder != "" && !ps.has("DYNO_SIZES", "SCALE_ORDER") {
			ps.add("DYNO_SIZES", "is not set; SCALE_ORDER=%s needs the sizes to choose from, the smallest first, "+
				"such as standard-1x,standard-2x", s.ScaleOrder)
		}
		return
	}
	seen := map[string]bool{}
	for i, size := range s.DynoSizes {
		s.DynoSizes[i] = strings.ToLower(size)
		switch size := s.DynoSizes[i]; {
		case strings.Trim(size, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
			ps.add("DYNO_SIZES", "%q: must be a dyno size, such as standard-2x", size)
		case seen[size]:
			ps.add("DYNO_SIZES", "duplicate size %s", size)
		}
		seen[s.DynoSizes[i]] = true
	}
	switch a, b, ok := ascending(s.DynoSizes); {
	case s.Platform != "heroku":
		ps.add("DYNO_SIZES", "PLATFORM=%s has no dyno sizes. Remove this setting", s.Platform)
	case len(s.DynoSizes) < 2:
		ps.add("DYNO_SIZES", "%s is only one size: must be at least two, such as standard-1x,standard-2x",
			s.DynoSizes[0])
	case !ok:
		ps.add("DYNO_SIZES", "must begin with the smallest: %s is larger than %s", a, b)
	}
	if s.DynoPrice > 0 {
		ps.add("DYNO_PRICE_PER_MONTH", "is the price of one dyno size, and DYNO_SIZES has several. Remove it to use "+
			"Heroku's list prices")
	}
}

// Only the provider knows the order of its sizes.
func (ps *Problems) checkSizes(s *Settings, asked bool) {
	for i, size := range s.Sizes {
		switch {
		case strings.ContainsAny(size, " \t"):
			ps.add("SIZES", "%q: must be a size, such as s-1vcpu-1gb. List the sizes with: autoscalebot "+
				"servers sizes", size)
		case slices.Contains(s.Sizes[:i], size):
			ps.add("SIZES", "duplicate size %s", size)
		}
	}
	switch {
	case len(s.Sizes) > 1 || ps.has("SIZES", "RULES", "SCALE_ORDER"):
	case s.ScaleOrder != "":
		ps.add("SIZES", "SCALE_ORDER=%s needs at least two sizes, the smallest first, such as "+
			"s-1vcpu-1gb,s-2vcpu-2gb", s.ScaleOrder)
	case asked:
		ps.add("SIZES", "a rule with scale=size needs at least two sizes, the smallest first, such as "+
			"s-1vcpu-1gb,s-2vcpu-2gb")
	}
	ps.checkSizePrices(s)
	if s.DynoPrice > 0 && len(s.Sizes) > 1 {
		ps.add("DYNO_PRICE_PER_MONTH", "is the price of one size, and SIZES has several. Set SERVER_PRICE_PER_HOUR to "+
			"the price of each, or remove it if the provider reports prices")
	}
	if len(s.DynoSizes) > 0 {
		ps.add("DYNO_SIZES", "is for Heroku. Set SIZES for a pool")
	}
}

// One price for several sizes, or no price for some, would make the limit of the pool's cost wrong.
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
			rest = " without a price"
		}
		ps.add("SERVER_PRICE_PER_HOUR", "%g is one price, and SIZES has %d sizes%s. Write the price of "+
			"each: %s", s.ServerPrice.All, len(lack), rest,
			strings.Join(each, ","))
	case s.ServerPrice.All == 0 && len(lack) > 0:
		ps.add("SERVER_PRICE_PER_HOUR", "has no price for the size %s. Write the price of each: %s=0.0208",
			strings.Join(lack, " and "), lack[0])
	}
}

// FirstSize is the size of new servers, "" for the provider's default.
func (s *Settings) FirstSize() string {
	if len(s.Sizes) == 0 {
		return ""
	}
	return s.Sizes[0]
}

// Ladder returns the sizes that the bot chooses from for dynos or servers, the smallest first, nil if there is no
// choice.
func (s *Settings) Ladder() []string {
	switch {
	case !s.HasPool():
		return s.DynoSizes
	case len(s.Sizes) > 1:
		return s.Sizes
	}
	return nil
}

// If ok is false, a is larger than b and stands before it.
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
