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

// newSafeguards did not exist in autoscalebot 2.1. COMPATIBILITY=2.1 switches off those that are not set.
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
		ps.add(compatibility, "%q: must be %s, or empty", shortened(string(s.Compatibility)), python21)
	}
}

// SwitchedOff returns the names of the safeguards that COMPATIBILITY switches off, and those that stay on because they
// are set, as NAME=value.
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
