package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func TestThePictureOfABatchIsTheNewest(t *testing.T) {
	for name, c := range map[string]struct {
		pictured []bool
		want     int
	}{
		"none":      {[]bool{false, false}, -1},
		"the last":  {[]bool{true, false, true}, 2},
		"the first": {[]bool{true, false, false}, 0},
		"no event":  {nil, -1},
	} {
		var b notify.Batch
		var painters []*notifytest.Painter
		for _, pictured := range c.pictured {
			e, p := notifytest.Joining(notify.Scaled), &notifytest.Painter{}
			if pictured {
				e.Picture = p
			}
			b, painters = append(b, e), append(painters, p)
		}
		p, of := b.Paint(t.Context())
		if of != c.want || (of >= 0) != bytes.Equal(p.PNG, notifytest.Picture().PNG) {
			t.Errorf("%s: the picture is %v, of the event %d, want that of %d", name, p, of, c.want)
		}
		for i, p := range painters {
			if (p.Asked() == 1) != (i == c.want) {
				t.Errorf("%s: the painter of event %d was asked %d times", name, i, p.Asked())
			}
		}
	}
}

func TestAPictureThatIsNoneIsLeftOut(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		paints func(context.Context) (notify.Picture, error)
		want   int
	}{
		"it fails":       {paints: func(context.Context) (notify.Picture, error) { return notifytest.Picture(), errors.New("locked") }, want: -1},
		"it is empty":    {paints: notifytest.Paints(0), want: -1},
		"it is huge":     {paints: notifytest.Paints(notify.MaxPicture + 1), want: -1},
		"it just fits":   {paints: notifytest.Paints(notify.MaxPicture)},
		"it is not due":  {ctx: ended, want: -1},
		"it is as usual": {},
	} {
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		e := notifytest.Event(notify.Scaled)
		e.Picture = &notifytest.Painter{Paints: c.paints}
		if p, of := (notify.Batch{e}).Paint(c.ctx); of != c.want || (of < 0) != (p.PNG == nil) {
			t.Errorf("%s: a picture of %d bytes, of the event %d, want %d", name, len(p.PNG), of, c.want)
		}
	}
}

func TestANoticeWaitsABoundedTimeForItsPicture(t *testing.T) {
	for _, c := range []struct{ left, want time.Duration }{{0, 5 * time.Second}, {time.Minute, 5 * time.Second}, {4 * time.Second, 2 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if c.left > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.left)
				defer cancel()
			}
			e, start := notifytest.Event(notify.Scaled), time.Now()
			e.Picture = &notifytest.Painter{Paints: notifytest.Hangs}
			_, of := notify.Batch{e}.Paint(ctx)
			if took := time.Since(start); of != -1 || took != c.want || ctx.Err() != nil {
				t.Errorf("with %v left the notice waits %v, want %v", c.left, took, c.want)
			}
		})
	}
}

func TestAnEventWithAPictureIsAsGoodAsOneWithout(t *testing.T) {
	without := notifytest.Event(notify.Scaled)
	with := without
	with.Picture = &notifytest.Painter{}
	if same := with; same != with || with == without || !reflect.DeepEqual(same, with) {
		t.Error("events with pictures are not to be compared")
	}
	a, err1 := json.Marshal(with)
	b, err2 := json.Marshal(without)
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(a, b) {
		t.Errorf("with a picture the JSON is %s, %v", a, err)
	}
	var back notify.Event
	if err := json.Unmarshal(a, &back); err != nil || back != without {
		t.Errorf("it came back as %+v, %v", back, err)
	}
}
