// Package scalertest is the conformance suite for platforms.
package scalertest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
)

// settleTime is the maximum time that a platform may take to settle after a change, in real time.
const settleTime = 20 * time.Second

// A Fixture is a fresh platform under test, settled at 2 dynos.
type Fixture struct {
	Scaler bot.Scaler
	// Unit is the platform's word for a dyno, in the singular.
	Unit string
	// Count returns the number of dynos without the Scaler, as the platform knows it.
	Count func() int
	// Set makes a manual change without the Scaler. Nil if that is impossible.
	Set func(n int)
	// Break makes every call to the platform fail until restore is called. Nil if nothing can fail.
	Break func() (restore func())
	// No error may contain one of Secrets.
	Secrets []string
}

// Run checks a platform against the contract of [bot.Scaler]. open returns a fresh fixture and registers its own
// clean-up.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Fixture)
	}{
		{"names its unit", namesItsUnit},
		{"reads the count", readsTheCount},
		{"sees a manual change", seesAHand},
		{"scales up and down", scalesUpAndDown},
		{"asking twice is harmless", askingTwice},
		{"zero is a number", zero},
		{"a negative number is refused", negative},
		{"a canceled call returns at once", canceled},
		{"a broken platform is an error, and nothing is forgotten", broken},
		{"reads and changes from several goroutines", concurrent},
		{"counts what runs, where it can", countsWhatRuns},
		{"knows the newest release, where it can", knowsTheRelease},
		{"reads and sets the dyno size, where it can", setsTheSize},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func namesItsUnit(t *testing.T, f Fixture) {
	if n, ok := f.Scaler.(bot.Namer); !ok || n.Unit() != f.Unit {
		t.Errorf("it is a Namer: %v; its unit must be %q", ok, f.Unit)
	}
}

func readsTheCount(t *testing.T, f Fixture) {
	n, settled, err := f.Scaler.Size(t.Context())
	if err != nil || n != 2 || !settled {
		t.Errorf("Size of a fresh platform = %d, %v, %v, want 2, true, nil", n, settled, err)
	}
}

func seesAHand(t *testing.T, f Fixture) {
	if f.Set == nil {
		t.Skip("this platform has no manual changes")
	}
	f.Set(4)
	wantSettled(t, f, 4)
}

func scalesUpAndDown(t *testing.T, f Fixture) {
	for _, n := range []int{3, 5, 4, 1} {
		resize(t, f, n)
		wantSettled(t, f, n)
	}
}

func askingTwice(t *testing.T, f Fixture) {
	resize(t, f, 3)
	resize(t, f, 3)
	wantSettled(t, f, 3)
	resize(t, f, 3)
	wantSettled(t, f, 3)
}

func zero(t *testing.T, f Fixture) {
	resize(t, f, 0)
	wantSettled(t, f, 0)
	resize(t, f, 2)
	wantSettled(t, f, 2)
}

func negative(t *testing.T, f Fixture) {
	if err := f.Scaler.Resize(t.Context(), -1); err == nil {
		t.Error("Resize(-1) was accepted")
	}
	wantSettled(t, f, 2)
}

func canceled(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if _, _, err := f.Scaler.Size(ctx); err == nil && time.Since(start) > time.Second {
		t.Error("Size with a canceled context did not fail at once")
	}
	_ = f.Scaler.Resize(ctx, 2)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("calls with a canceled context took %v", d)
	}
}

func broken(t *testing.T, f Fixture) {
	if f.Break == nil {
		t.Skip("nothing on this platform can fail")
	}
	restore := f.Break()
	_, _, err := f.Scaler.Size(t.Context())
	wantError(t, f, "Size on a broken platform", err)
	wantError(t, f, "Resize on a broken platform", f.Scaler.Resize(t.Context(), 3))
	if n := f.Count(); n != 2 {
		t.Errorf("after a Resize that failed the platform has %d dynos, want 2", n)
	}
	restore()
	resize(t, f, 3)
	wantSettled(t, f, 3)
}

func concurrent(t *testing.T, f Fixture) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, _, err := f.Scaler.Size(t.Context()); err != nil {
				t.Errorf("concurrent Size: %v", err)
			}
		})
		wg.Go(func() {
			if err := f.Scaler.Resize(t.Context(), 3); err != nil {
				t.Errorf("concurrent Resize: %v", err)
			}
		})
	}
	wg.Wait()
	wantSettled(t, f, 3)
}

func countsWhatRuns(t *testing.T, f Fixture) {
	u, ok := f.Scaler.(bot.UpReporter)
	if !ok {
		t.Skip("this platform does not report the dynos that run")
	}
	for _, n := range []int{2, 3, 0, 1} {
		resize(t, f, n)
		wantSettled(t, f, n)
		for deadline := time.Now().Add(settleTime); ; time.Sleep(10 * time.Millisecond) {
			up, err := u.Up(t.Context())
			if err != nil {
				t.Fatalf("Up: %v", err)
			}
			if up == n {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("Up = %d, want %d within %v", up, n, settleTime)
			}
		}
	}
	failsWhenBroken(t, f, "Up", func(ctx context.Context) error { _, err := u.Up(ctx); return err })
}

func knowsTheRelease(t *testing.T, f Fixture) {
	r, ok := f.Scaler.(bot.Releaser)
	if !ok {
		t.Skip("this platform has no releases")
	}
	if at, done, err := r.Release(t.Context()); !done || at.After(time.Now()) || err != nil {
		t.Errorf("Release of a fresh platform = %v, %v, %v, want one that is done", at, done, err)
	}
	failsWhenBroken(t, f, "Release", func(ctx context.Context) error { _, _, err := r.Release(ctx); return err })
}

func setsTheSize(t *testing.T, f Fixture) {
	s, ok := f.Scaler.(bot.Sizer)
	if !ok {
		t.Skip("this platform has no dyno sizes")
	}
	name, err := s.DynoSize(t.Context())
	if err != nil || name == "" {
		t.Fatalf("DynoSize of a fresh platform = %q, %v", name, err)
	}
	for _, same := range []string{name, strings.ToLower(name), strings.ToUpper(name)} { // asking twice is harmless
		if err := s.SetDynoSize(t.Context(), same); err != nil {
			t.Errorf("SetDynoSize(%q): %v", same, err)
		}
	}
	if again, err := s.DynoSize(t.Context()); again != name || err != nil {
		t.Errorf("DynoSize = %q, %v, want %q as before", again, err, name)
	}
	wantError(t, f, "SetDynoSize without a name", s.SetDynoSize(t.Context(), ""))
	failsWhenBroken(t, f, "DynoSize", func(ctx context.Context) error { _, err := s.DynoSize(ctx); return err })
	failsWhenBroken(t, f, "SetDynoSize", func(ctx context.Context) error { return s.SetDynoSize(ctx, name) })
	wantSettled(t, f, 2)
}

// The error must not contain a secret.
func failsWhenBroken(t *testing.T, f Fixture, name string, read func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, f, name+" with a canceled context", read(ctx))
	if f.Break == nil {
		return
	}
	restore := f.Break()
	wantError(t, f, name+" on a broken platform", read(t.Context()))
	restore()
	if err := read(t.Context()); err != nil {
		t.Errorf("%s after the repair: %v", name, err)
	}
}

func resize(t *testing.T, f Fixture, n int) {
	t.Helper()
	if err := f.Scaler.Resize(t.Context(), n); err != nil {
		t.Fatalf("Resize(%d): %v", n, err)
	}
}

// The Scaler and the platform must agree.
func wantSettled(t *testing.T, f Fixture, n int) {
	t.Helper()
	for deadline := time.Now().Add(settleTime); ; time.Sleep(10 * time.Millisecond) {
		got, settled, err := f.Scaler.Size(t.Context())
		switch {
		case err != nil:
			t.Fatalf("Size: %v", err)
		case got != n:
			t.Fatalf("Size = %d, want %d", got, n)
		case settled:
			if c := f.Count(); c != n {
				t.Fatalf("the platform itself counts %d dynos, want %d", c, n)
			}
			return
		case time.Now().After(deadline):
			t.Fatalf("not settled at %d dynos within %v", n, settleTime)
		}
	}
}

func wantError(t *testing.T, f Fixture, call string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s gave no error", call)
		return
	}
	for _, s := range f.Secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("the error of %s contains a secret", call)
		}
	}
}
