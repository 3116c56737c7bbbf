// Package bot is the bot's loop: at each tick it takes readings, gathers facts, decides, asks the platform for the
// change, and reports. It also defines what a platform is, and the controls of a running bot.
package bot

import (
	"context"
	"time"
)

// A Scaler is a platform: it reads and sets the number of dynos of one process type.
//
// Both methods return when ctx ends, and have their own deadlines. Errors are for people and contain no secret. Both
// may be called from several goroutines.
type Scaler interface {
	// Size reads the requested number of dynos, whether or not all of them run. settled is false while an earlier
	// change is in progress.
	Size(ctx context.Context) (n int, settled bool, err error)
	// Resize requests n dynos, 0 or more. Asking twice is harmless. After an error the number may have changed; Size
	// tells.
	Resize(ctx context.Context, n int) error
}

// A platform may implement these interfaces.
type (
	// A Namer has its own word for a dyno, in the singular: "instance", "server" or "process".
	Namer interface {
		Unit() string
	}
	// A WebURLer knows the app's URL. Relative heartbeat URLs are resolved against it.
	WebURLer interface {
		WebURL(ctx context.Context) (string, error)
	}
	// A QuotaReporter knows the number of API calls left. ok is false if the platform has not said.
	QuotaReporter interface {
		Quota() (remaining int, ok bool)
	}
	// A Releaser knows the time of the app's newest release, and whether it is done. During a release and soon after
	// it, response times say little about the load.
	Releaser interface {
		Release(ctx context.Context) (at time.Time, done bool, err error)
	}
	// A LeftAloneReporter knows why the app must be left alone as of the last Size, in a few words such as "the app is
	// stopped"; "" if it need not be. The bot then changes nothing at all.
	LeftAloneReporter interface {
		LeftAlone() (why string)
	}
	// An UpReporter knows the number of dynos that run. Size returns the requested number.
	UpReporter interface {
		Up(ctx context.Context) (n int, err error)
	}
	// A Pricer knows the price of one dyno in dollars a month, the mean if prices differ. It is asked once an hour.
	// With a method PriceVaries() it is asked at each tick, since the price can change at any time and asking costs no
	// call.
	Pricer interface {
		Price(ctx context.Context) (dollars float64, err error)
	}
	// A Sizer reads and sets the dyno size by the platform's name in either case. SetDynoSize restarts all dynos;
	// asking twice is harmless. After an error the size may have changed; DynoSize tells.
	Sizer interface {
		DynoSize(ctx context.Context) (name string, err error)
		SetDynoSize(ctx context.Context, name string) error
	}
	// A SizePender knows why not all dynos have the size of the last DynoSize, in a few words: they are replaced one by
	// one, or wait for a maintenance window. "" means that all have it. Until then the bot requests no other size.
	SizePender interface {
		SizePending() (why string)
	}
	// A SizePricer knows the price of one dyno of a size in dollars a month. ok is false if it does not know the size's
	// price.
	SizePricer interface {
		SizePrice(name string) (dollars float64, ok bool)
	}
	// A MaintenanceReporter knows whether the app is in maintenance mode, in which the platform answers visitors
	// itself.
	MaintenanceReporter interface {
		Maintenance(ctx context.Context) (on bool, err error)
	}
	// A Checker checks everything it needs of the platform and changes nothing. It reports for each check what was
	// checked, what was found, and what is wrong, or nil.
	Checker interface {
		Check(ctx context.Context, report func(what, found string, err error))
	}
	// A Runner has processes of its own. Run returns when ctx has ended and all of them have.
	Runner interface {
		Run(ctx context.Context) error
	}
)
