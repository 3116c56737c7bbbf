package notifytest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A Painter is a [notify.Painter] that counts its calls.
type Painter struct {
	// Paints makes the picture; nil means [Picture].
	Paints func(ctx context.Context) (notify.Picture, error)
	asked  atomic.Int64
}

// Paint calls Paints.
func (p *Painter) Paint(ctx context.Context) (notify.Picture, error) {
	p.asked.Add(1)
	if p.Paints == nil {
		return Picture(), nil
	}
	return p.Paints(ctx)
}

// Asked is the number of calls of Paint.
func (p *Painter) Asked() int { return int(p.asked.Load()) }

// Picture is a small picture whose description needs escaping in any markup.
func Picture() notify.Picture {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 6, 4))); err != nil {
		panic(err)
	}
	return notify.Picture{PNG: b.Bytes(), Alt: `2 → 3 dynos, "<1000 ms" & so on`, Width: 60, Height: 40}
}

// Hangs paints nothing until its context ends.
func Hangs(ctx context.Context) (notify.Picture, error) {
	<-ctx.Done()
	return notify.Picture{}, ctx.Err()
}

// Paints returns a function that makes a picture of size bytes.
func Paints(size int) func(context.Context) (notify.Picture, error) {
	return func(context.Context) (notify.Picture, error) {
		p := Picture()
		p.PNG = slices.Grow(p.PNG, max(0, size-len(p.PNG)))[:size]
		return p, nil
	}
}

func wantPictures(t *testing.T, f Fixture, n int, want ...[]byte) {
	t.Helper()
	if got := f.Arrived(); len(got) != n {
		t.Errorf("%d notices arrived, want %d", len(got), n)
	}
	if f.Pictures == nil {
		return
	}
	if got := f.Pictures(); !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d pictures arrived, want %d, or they differ", len(got), len(want))
	}
}

func picture(t *testing.T, f Fixture) {
	var p Painter
	e := Joining(notify.Scaled)
	e.Picture = &p
	arrive := 1
	if f.Tells != nil && !f.Tells(e) {
		arrive = 0
	}
	if err := f.Notifier.Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	wantPictures(t, f, arrive, Picture().PNG)
	if f.Pictures == nil && p.Asked() != 0 {
		t.Error("a notifier that sends no pictures had one made")
	}
}

func noPicture(t *testing.T, f Fixture) {
	if f.Pictures == nil {
		t.Skip("it sends no pictures")
	}
	paints := []func(context.Context) (notify.Picture, error){
		func(context.Context) (notify.Picture, error) { return Picture(), errors.New("the history is locked") },
		Hangs, Paints(0), Paints(notify.MaxPicture + 1),
	}
	for i, do := range paints {
		// A hanging picture uses half of the time, and the rest is enough for the notice.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		e := Joining(notify.Scaled)
		e.Picture = &Painter{Paints: do}
		if err := f.Notifier.Notify(ctx, e); err != nil {
			t.Errorf("picture %d: %v", i, err)
		}
		cancel()
	}
	wantPictures(t, f, len(paints))
	for _, got := range f.Arrived() {
		if !strings.Contains(got, Joining(notify.Scaled).Subject()) {
			t.Errorf("without its picture the notice is\n%s", got)
		}
	}
	e := Joining(notify.Scaled)
	e.Picture = &Painter{Paints: Paints(notify.MaxPicture)}
	if err := f.Notifier.Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	largest, _ := Paints(notify.MaxPicture)(t.Context())
	wantPictures(t, f, len(paints)+1, largest.PNG)
}

func batchPicture(t *testing.T, f Fixture) {
	n := batches(t, f)
	var older, newest Painter
	older.Paints = Paints(1000)
	b := notify.Batch{Joining(notify.Scaled), Joining(notify.Scaled), opening(notify.NeedsExceedMax)}
	b[0].Picture, b[1].Picture = &older, &newest
	if err := n.NotifyAll(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	wantPictures(t, f, 1, Picture().PNG)
	if older.Asked() != 0 || f.Pictures == nil && newest.Asked() != 0 {
		t.Error("a picture was made that is not sent")
	}
}
