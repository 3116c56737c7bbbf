package settings

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
)

const compatibility = "COMPATIBILITY"

const python21 = "2.1"

// newSafeguards are the settings of what autoscalebot 2.1 did not know, which COMPATIBILITY=2.1 switches off where they
// are not set.
var newSafeguards = []string{"DEPLOY_GRACE_IN_SECONDS", "STOP_AFTER_UPS_WITHOUT_HELP", "MANUAL_HOLD_IN_MINUTES"}

func (src *source) compatible() bool {
	if under := find(compatibility); under != "" {
		return strings.TrimSpace(os.Getenv(under)) == python21
	}
	g, _ := src.given(compatibility)
	return g.text == python21
}

func safeguardOff(f reflect.StructField, on bool) reflect.StructField {
	if on && slices.Contains(newSafeguards, f.Tag.Get("envconfig")) {
		return withDefault(f, "0")
	}
	return f
}

func (ps *Problems) checkCompatibility(s *Settings) {
	if s.Compatibility != "" && s.Compatibility != python21 {
		ps.add(compatibility, "%q is unknown; write %s, or leave it out", shortened(string(s.Compatibility)), python21)
	}
}

// SwitchedOff returns the settings of the safeguards that COMPATIBILITY has switched off, and those that are set all
// the same, as NAME=value.
func (s *Settings) SwitchedOff() (off, kept []string) {
	if s.Compatibility != python21 {
		return nil, nil
	}
	for _, in := range s.AllInForce() {
		switch {
		case !slices.Contains(newSafeguards, in.Name):
		case in.From == "":
			off = append(off, in.Name)
		default:
			kept = append(kept, fmt.Sprintf("%s=%s", in.Name, in.Value))
		}
	}
	return off, kept
}

func (s *Settings) switchedOff(name string) bool {
	off, _ := s.SwitchedOff()
	return slices.Contains(off, name)
}
