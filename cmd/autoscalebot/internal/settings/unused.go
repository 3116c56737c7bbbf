package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Unused returns a line for each platform, provider or balancer that is not chosen but has settings. It does not report
// variables that other programs use, such as AWS_REGION. It also lists ignored parameters of database URLs.
func (s *Settings) Unused() (notes []string) {
	provider, balancer := Word(""), Word("")
	if s.HasPool() {
		provider, balancer = s.PoolProvider, s.PoolBalancer
	}
	note := func(own []string, why string) {
		if given := s.given(own); given != "" {
			notes = append(notes, given+": has no effect: "+why)
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
		note([]string{"SERVER_PRICE_PER_HOUR"}, "the provider reports prices")
	}
	if len(s.ScalingRules) > 0 {
		note(heartbeatRules, "only the scaling_rules decide")
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
