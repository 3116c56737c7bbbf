package pool_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestAServersNumberIsInItsName(t *testing.T) {
	for name, want := range map[string]int{
		"web-7": 7, "web-10": 10, "web-999999999": 999_999_999,
		"web-0": 0, "web-07": 0, "web-+7": 0, "web--7": 0, "web-": 0, "web": 0, "web-1000000000": 0, "web-blue-7": 0, "Web-7": 0, "other-7": 0,
	} {
		if got := pool.Number("web", name); got != want {
			t.Errorf("the number of %s is %d, want %d", name, got, want)
		}
	}
}
