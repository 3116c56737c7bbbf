package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Unused says of each setting that is given for a platform, a provider or a balancer which is not the one that was
// chosen, a line for each of those. What other programs read too, such as AWS_REGION, is not told. Of databases' URLs
// it says which parameters are left out.
func (s *Settings) Unused() (notes []string) {
	provider, balancer := Word(""), Word("")
	if s.HasPool() {
		provider, balancer = s.PoolProvider, s.PoolBalancer
	}
	note := func(own []string, why string) {
		if given := s.given(own); given != "" {
			notes = append(notes, given+": set in vain, since "+why)
		}
	}
	for _, choice := range []struct {
		name   string
		chosen Word
		of     []adapter
	}{
		{"PLATFORM", s.Platform, platforms()},
		{"POOL_PROVIDER", provider, providers()},
		{"POOL_BALANCER", balancer, balancers()},
	} {
		for _, a := range choice.of {
			if string(choice.chosen) != a.name {
				note(a.own, fmt.Sprintf("only %s=%s uses it", choice.name, a.name))
			}
		}
	}
	if provider == "digitalocean" {
		note([]string{"SERVER_PRICE_PER_HOUR"}, "only a provider without prices of its own uses it")
	}
	if len(s.ScalingRules) > 0 {
		note(heartbeatRules, "the scaling_rules alone decide")
	}
	return append(notes, s.leftOut()...)
}

var heartbeatRules = []string{
	"INCREMENT", "MAX_RESPONSE_TIME_", "MIN_RESPONSE_TIME_", "NUMBER_OF_FAILS_", "NUMBER_OF_PASSES_",
	"POLICY", "STOP_AFTER_UPS_",
}

func (s *Settings) given(prefixes []string) string {
	var given []string
	for _, f := range fields() {
		name := f.Tag.Get("envconfig")
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) &&
			s.src.from(name) != "" {
			given = append(given, name)
		}
	}
	return strings.Join(given, ", ")
}
