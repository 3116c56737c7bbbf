package settings

import (
	"fmt"
	"strings"

	"github.com/autoscalebot/autoscalebot/probe"
)

// HeartbeatAnswer configures which answers to a heartbeat are good, and which failures count as slow.
type HeartbeatAnswer struct {
	HeartbeatFailOn    FailOn   `envconfig:"HEARTBEAT_FAIL_ON" default:"timeout,5xx" desc:"Failures that count as slow: ''timeout'', ''5xx'', ''4xx'', ''connect'', ''unreachable'', ''bad'', ''any'', or statuses."`
	HeartbeatStatuses  Statuses `envconfig:"HEARTBEAT_STATUSES" default:"2xx" desc:"Statuses of a good answer, as a list: ''200'', ''2xx'' or ''200-204''."`
	HeartbeatKeyword   Text     `envconfig:"HEARTBEAT_KEYWORD" desc:"A text that the first 64 KiB of a good answer must contain, in the same case."`
	HeartbeatRedirects Word     `envconfig:"HEARTBEAT_REDIRECTS" default:"same-host" desc:"Redirects to follow: ''same-host'', ''any'' or ''none''; an answer with another redirect is bad."`
}

type (
	// FailOn is what counts as a failed heartbeat. If Statuses has any, Outcomes includes probe.Overloaded.
	FailOn struct {
		Outcomes []probe.Outcome
		Statuses probe.Statuses
	}
	// Statuses are HTTP statuses.
	Statuses struct{ probe.Statuses }
)

var outcomes = map[string][]probe.Outcome{
	"timeout":     {probe.Timeout},
	"5xx":         {probe.ServerError},
	"4xx":         {probe.ClientError},
	"connect":     {probe.ConnectTimeout},
	"unreachable": {probe.Unreachable, probe.ConnectTimeout},
	"bad":         {probe.BadAnswer},
	"any": {
		probe.Timeout, probe.ConnectTimeout, probe.ServerError, probe.ClientError, probe.Unreachable, probe.BadAnswer,
	},
}

// Decode reads a list of outcomes and statuses.
func (f *FailOn) Decode(s string) error {
	var out FailOn
	for _, part := range Split(s) {
		if add, ok := outcomes[strings.ToLower(part)]; ok {
			out.Outcomes = append(out.Outcomes, add...)
			continue
		}
		statuses, err := probe.ParseStatuses(part)
		if err != nil {
			return fmt.Errorf("unknown outcome %q: must be timeout, 5xx, 4xx, connect, unreachable, bad, any, or a "+
				"status such as 429", part)
		}
		out.Statuses = append(out.Statuses, statuses...)
	}
	if len(out.Statuses) > 0 {
		out.Outcomes = append(out.Outcomes, probe.Overloaded)
	}
	*f = out
	return nil
}

// Decode reads statuses.
func (st *Statuses) Decode(s string) error {
	statuses, err := probe.ParseStatuses(s)
	if err != nil {
		return err
	}
	st.Statuses = statuses
	return nil
}

func (ps *Problems) checkAnswer(s *Settings) {
	ps.oneOf("HEARTBEAT_REDIRECTS", s.HeartbeatRedirects, "same-host", "any", "none")
	if s.HeartbeatKeyword != "" && s.HeartbeatMethod == "head" {
		ps.add("HEARTBEAT_KEYWORD", "cannot be checked with HEARTBEAT_METHOD=HEAD: the answers have no body. Set "+
			"HEARTBEAT_METHOD=GET")
	}
	if len(s.HeartbeatKeyword) > probe.MaxKeyword {
		ps.add("HEARTBEAT_KEYWORD", "has %d bytes: must have at most %d", len(s.HeartbeatKeyword), probe.MaxKeyword)
	}
	if s.HeartbeatHost != "" {
		if err := probe.CheckHost(string(s.HeartbeatHost)); err != nil {
			ps.add("HEARTBEAT_HOST", "%q: %v", s.HeartbeatHost, err)
		}
	}
	ps.checkClientCertificate(s)
	if both := s.HeartbeatStatuses.Common(s.HeartbeatFailOn.Statuses); len(both) > 0 {
		ps.add("HEARTBEAT_FAIL_ON", "lists %s, and so does HEARTBEAT_STATUSES. Remove it from one of them", both)
	}
}
