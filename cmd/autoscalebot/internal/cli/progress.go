package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// Progress is shown only on a terminal; end clears it. Elsewhere tell is nil.
func progress(w io.Writer, what string) (tell func(share float64), end func()) {
	if !service.IsTerminal(w) {
		return nil, func() {}
	}
	var mu sync.Mutex
	last := -1
	tell = func(share float64) {
		mu.Lock()
		defer mu.Unlock()
		if now := int(100 * share); now > last {
			last = now
			fmt.Fprintf(w, "\r%s: %d %% ", what, now)
		}
	}
	return tell, func() { fmt.Fprintf(w, "\r%*s\r", len(what)+8, "") }
}

func runAll(cmd *cobra.Command, o sim.Options, drivers []sim.Driver, what string) ([]sim.Result, error) {
	tell, end := progress(cmd.ErrOrStderr(), what)
	defer end()
	results, err := experiment.Run(cmd.Context(), o, drivers, tell)
	return results, interrupted(cmd.Context(), err)
}

func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted, so there is no report")
	}
	return err
}
