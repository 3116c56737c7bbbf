package logdrain_test

import (
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

func TestThePageNamesEverySignal(t *testing.T) {
	page, err := os.ReadFile("../../docs/signals/logdrain.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range logdrain.Signals() {
		if !strings.Contains(string(page), "`"+string(s)+"`") {
			t.Errorf("%s is not there", s)
		}
	}
}
