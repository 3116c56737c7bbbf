// Package bot is the loop: at each tick it reads, gathers the facts, has them decided on, asks the platform for what
// was decided, and accounts for it. Beside the loop there are the contract of platforms and what operators ask of a
// running bot.
package bot

import (
	"context"
	"time"
)

// A Scaler is a platform: it reads and sets the number of dynos of one process type.
//
// Both methods return when ctx ends at the latest, have deadlines of their own, and return errors that speak to people
// and hold no secret. They may be called from several goroutines.
type Scaler interface {
	// Size reads the number of dynos afresh: the number asked for, whether or not all of them run yet. settled is false
	// while an earlier change is still under way.
	Size(ctx context.Context) (n int, settled bool, err error)
	// Resize asks for n dynos, 0 or more. The number is absolute, so asking twice is harmless. After an error the
	// number may or may not have changed: Size tells.
	Resize(ctx context.Context, n int) error
}

// What only some platforms can do is an interface of its own, found by assertion.
type (
	// A Namer has a word of its own for a dyno, in the singular: "instance", "server" or "process".
	Namer interface {
		Unit() string
	}
	// A WebURLer knows the URL at which the app answers, against which a relative heartbeat URL is resolved.
	WebURLer interface {
		WebURL(ctx context.Context) (string, error)
	}
	// A QuotaReporter knows how many API calls the platform still allows. ok is false when it has not said so yet.
	QuotaReporter interface {
		Quota() (remaining int, ok bool)
	}
	// A Releaser knows the app's newest release: when it was made, and whether it is done. While one is under way, or
	// young, response times say little about how many dynos the app needs.
	Releaser interface {
		Release(ctx context.Context) (at time.Time, done bool, err error)
	}
	// A LeftAloneReporter knows why the app is to be left alone as of the last Size, in a few words such as "the app is
	// stopped", or "" when it isn't: somebody told the platform so. The bot then changes nothing, whatever else holds.
	LeftAloneReporter interface {
		LeftAlone() (why string)
	}
	// An UpReporter knows how many dynos run, where Size tells how many were asked for.
	UpReporter interface {
		Up(ctx context.Context) (n int, err error)
	}
	// A Pricer knows what one dyno costs a month, in dollars: the mean where they do not all cost the same. It is asked
	// once an hour, or at each tick where it has a method PriceVaries(), which says that the price can change at any
	// time and costs no call.
	Pricer interface {
		Price(ctx context.Context) (dollars float64, err error)
	}
	// A Sizer reads and sets the size of the dynos, by its name on the platform, in upper or lower case. SetDynoSize
	// restarts all of them, and asking twice is harmless. After an error the size may or may not have changed: DynoSize
	// tells.
	Sizer interface {
		DynoSize(ctx context.Context) (name string, err error)
		SetDynoSize(ctx context.Context, name string) error
	}
	// A SizePender knows why not all dynos are of the size that DynoSize told last, in a few words: they are exchanged
	// one after the other, or wait for a maintenance window. "" means that all are. Until then the bot asks for no
	// other size.
	SizePender interface {
		SizePending() (why string)
	}
	// A SizePricer knows what one dyno of a size costs a month, in dollars. ok is false where it does not.
	SizePricer interface {
		SizePrice(name string) (dollars float64, ok bool)
	}
	// A MaintenanceReporter knows whether the app is in maintenance mode, in which the platform answers visitors in its
	// place.
	MaintenanceReporter interface {
		Maintenance(ctx context.Context) (on bool, err error)
	}
	// A Checker goes through what it needs of the platform, one thing after the other, and changes nothing. It reports
	// each: what was looked at, what was found, and what is wrong with it, or nil.
	Checker interface {
		Check(ctx context.Context, report func(what, found string, err error))
	}
	// A Runner has processes of its own, which run until ctx ends. Run returns when all of them have ended.
	Runner interface {
		Run(ctx context.Context) error
	}
)
