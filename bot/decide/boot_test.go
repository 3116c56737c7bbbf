package decide_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

func TestBootTimeIsLearned(t *testing.T) {
	var st decide.State
	if st.BootTime() != 0 {
		t.Error("knows a boot time before it has seen one")
	}
	for i := range 10 {
		st.Boots = append(st.Boots, float64(10*(i+1)))
	}
	if got := st.BootTime(); got != 90*time.Second {
		t.Errorf("the 90th percentile of 10, 20 … 100 s is %v", got)
	}
}
