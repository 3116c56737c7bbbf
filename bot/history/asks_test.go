package history_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
)

func TestTwoBotsOfOneAppNoticeEachOther(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		for i, c := range []struct {
			holder string
			ttl    time.Duration
			now    string
			ours   bool
		}{
			{"one", time.Hour, "one", true},
			{"two", time.Hour, "one", false},
			{"one", time.Hour, "one", true},
			{"two", 0, "one", false},
			{"one", 0, "one", false}, // returned
			{"two", time.Hour, "two", true},
			{"one", time.Hour, "two", false},
			{"two", time.Nanosecond, "two", true}, // expires at once
			{"one", time.Hour, "one", true},
		} {
			now, ours, err := db.Lease(t.Context(), c.holder, c.ttl)
			if now != c.now || ours != c.ours || err != nil {
				t.Errorf("%d: %s gets %q, %v, %v; want %q, %v", i, c.holder, now, ours, err, c.now, c.ours)
			}
		}
		if l.stays {
			worker := l.open(t, func(o *history.Options) { o.ProcessType = "worker" })
			if _, ours, err := worker.Lease(t.Context(), "three", time.Hour); !ours || err != nil {
				t.Errorf("the bot of another process type gets %v, %v", ours, err)
			}
		}
	})
}

func TestARequestIsCarriedOutOnceAndAnswered(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		running := l.open(t)
		asking := running
		if l.stays {
			asking = l.open(t)
		}
		first, err := asking.Ask(t.Context(), "pause", "ann", map[string]string{"for": "2h"})
		if err != nil {
			t.Fatal(err)
		}
		second, err := asking.Ask(t.Context(), "resume", "bob", nil)
		if err != nil || second <= first {
			t.Fatal(first, second, err)
		}
		asks, err := running.Asked(t.Context())
		if err != nil || len(asks) != 2 || asks[0].ID != first || asks[0].Kind != "pause" || asks[0].Who != "ann" || string(asks[0].Body) != `{"for":"2h"}` ||
			asks[1].ID != second || string(asks[1].Body) != "null" {
			t.Errorf("asked %+v, %v", asks, err)
		}
		if again, err := running.Asked(t.Context()); len(again) != 0 || err != nil {
			t.Errorf("asked again %+v, %v", again, err)
		}
		answers := make(chan string)
		go func() {
			answer, err := asking.Await(t.Context(), first)
			if err != nil {
				answer = err.Error()
			}
			answers <- answer
		}()
		for _, answer := range []string{"paused until 14:00", "too late"} {
			if err := running.Answer(t.Context(), first, answer); err != nil {
				t.Fatal(err)
			}
		}
		if got := <-answers; got != "paused until 14:00" {
			t.Errorf("the answer is %q", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := asking.Await(ctx, second); !errors.Is(err, history.ErrUnanswered) {
			t.Errorf("no answer gave %v", err)
		}
	})
}

func TestAnOldRequestIsNotCarriedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := lab{url: "memory"}.open(t)
		ask, err := db.Ask(t.Context(), "scale", "ann", 3)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(history.AskAge)
		if asks, err := db.Asked(t.Context()); len(asks) != 0 || err != nil {
			t.Errorf("asked %+v, %v", asks, err)
		}
		if _, err := db.Await(t.Context(), ask); !errors.Is(err, history.ErrUnanswered) {
			t.Errorf("waiting for its answer gave %v", err)
		}
		shut(t, db)
	})
}

func TestRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := lab{url: "memory"}.open(t)
		if _, err := db.Ask(t.Context(), "x", "ann", strings.Repeat("x", 20_000)); err == nil {
			t.Error("a request of 20 KB was taken")
		}
		for range 100 {
			if _, err := db.Ask(t.Context(), "x", "ann", nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Ask(t.Context(), "x", "ann", nil); err == nil || !strings.Contains(err.Error(), "100 requests") {
			t.Errorf("the 101st request gave %v", err)
		}
		time.Sleep(2 * time.Hour)
		if _, err := db.Ask(t.Context(), "x", "ann", nil); err != nil {
			t.Errorf("two hours later: %v", err)
		}
		shut(t, db)
	})
}
