package history_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
)

func TestRunnersOfOneBotSeeEachOther(t *testing.T) {
	onDisk(t, func(t *testing.T, l lab) {
		one := history.Runner{ID: "a", Name: "worker.1", Every: 30 * time.Second}
		two := history.Runner{ID: "b", Name: "laptop", Every: 1500 * time.Millisecond}
		first, second, other := l.open(t), l.open(t), l.open(t, func(o *history.Options) { o.ProcessType = "worker" })
		beat := func(db *history.DB, me history.Runner, want ...history.Runner) {
			t.Helper()
			if got, err := db.Beat(t.Context(), me); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s sees %+v, %v; want %+v", me.Name, got, err, want)
			}
		}
		after := func(r history.Runner, beats int64) history.Runner { r.Beats = beats; return r }
		beat(first, one)
		beat(first, one)
		beat(second, two, after(one, 2))
		beat(other, history.Runner{ID: "c"})
		beat(first, one, after(two, 1))
		if err := second.Leave(t.Context(), two); err != nil {
			t.Error(err)
		}
		beat(first, one)
	})
}
