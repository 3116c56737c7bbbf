package logcache_test

import (
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe/logcache"
)

func TestThePageNamesEverySignal(t *testing.T) {
	page, err := os.ReadFile("../../docs/signals/logcache.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range logcache.Signals() {
		if !strings.Contains(string(page), "`"+string(s)+"`") {
			t.Errorf("%s is not there", s)
		}
	}
}
