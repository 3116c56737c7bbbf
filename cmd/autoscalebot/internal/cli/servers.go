package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const drySpell = `

Without --yes, and with DRY_RUN, it only says what it would do, and what that costs. It touches no server that has not the pool's tag, and refuses where
a bot runs for this app, which would undo it: see --beside-bot. Ctrl-C ends it after the call that is under way, and it says then what
it leaves behind.`

// newServers makes the commands by which people look after a pool's servers themselves.
func newServers() *cobra.Command {
	c := &poolOperator{}
	cmd := &cobra.Command{
		Use:   "servers",
		Short: "List, make, drain, resize and destroy the servers of a pool by hand",
		Long: `Looks after the servers of the pool that the settings describe (PLATFORM=pool), by hand: what would be a click in the
provider's console, with the waiting, the health check and the balancer in their right order. See docs/pools.md.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().BoolVar(&c.asJSON, "json", false, "print JSON")
	cmd.AddCommand(
		c.looks("list", "List the pool's servers, and what the balancer says of them", c.list),
		c.looks("sizes", "List the sizes of servers that can be had, with their prices", c.sizes),
		c.looks("images", "List the images of your own that servers can be made from", c.images),
		c.acts("spinup [NAME]", "Make a server, wait until it is healthy, and give it requests",
			`Makes a server of the first of SIZES, waits until it runs and passes its health check, and puts it behind the balancer. With the NAME of
a server that is there, it goes on where an earlier spinup ended.`, cobra.MaximumNArgs(1), c.spinup),
		c.acts("drain NAME", "Give a server no new requests, and wait until it has none",
			"Has the balancer give a server no new requests, and waits until it has answered those it had. undrain takes it back.", cobra.ExactArgs(1), c.drain),
		c.acts("undrain NAME", "Give a server requests again",
			"Waits until a server passes its health check, and has the balancer give it requests.", cobra.ExactArgs(1), c.undrain),
		c.acts("destroy NAME", "Drain a server, take it out of the balancer, and end it for good",
			"Drains a server, takes it out of the balancer, and destroys it, with what is on its disk.", cobra.ExactArgs(1), c.destroy),
		c.resizing(),
		c.acts("snapshot ID NAME", "Make an image of a server",
			"Makes an image NAME of a server, from which others can be made. The provider bills its storage.", cobra.ExactArgs(2), c.snapshot),
	)
	return cmd
}

// A poolOperator carries out what people ask of a pool's servers.
type poolOperator struct {
	asJSON, yes, beside, now bool

	s              *settings.Settings
	h              host
	provider       pool.Provider
	balancer       pool.Balancer // nil for none
	health         pool.Health   // nil for none
	stdout, stderr io.Writer
}

// looks is a command that changes nothing.
func (c *poolOperator) looks(use, short string, work func(context.Context) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if err := c.open(cmd, true); err != nil {
			return err
		}
		return work(cmd.Context())
	}}
}

// acts is a command that changes something, where --yes is given.
func (c *poolOperator) acts(use, short, long string, args cobra.PositionalArgs, plan func(context.Context, []string) (job, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: long + drySpell, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
		if err := c.open(cmd, false); err != nil {
			return err
		}
		j, err := plan(cmd.Context(), args)
		if err != nil {
			return err
		}
		return c.carryOut(cmd, j)
	}}
	cmd.Flags().BoolVar(&c.yes, "yes", false, "do it")
	cmd.Flags().BoolVar(&c.beside, "beside-bot", false, "do it although a bot runs, which goes back to the number of servers that it wants")
	return cmd
}

func (c *poolOperator) resizing() *cobra.Command {
	cmd := c.acts("resize ID SIZE", "Make a server larger or smaller",
		`Drains a server, switches it off, gives it another size, switches it on, waits until it is healthy, and gives it requests again. Where it is the only
one, that means downtime, so it is done only in the MAINTENANCE_WINDOW, or with --now.`, cobra.ExactArgs(2), c.resize)
	cmd.Flags().BoolVar(&c.now, "now", false, "do it outside the maintenance window too")
	return cmd
}

// open makes what the settings name. looking: nothing is to be made, so nothing has to be known of what.
func (c *poolOperator) open(cmd *cobra.Command, looking bool) error {
	s, err := settings.LoadServers(looking)
	if err != nil {
		return err
	}
	c.s, c.h, c.stdout, c.stderr = s, newHost(s, cmd.OutOrStdout(), cmd.ErrOrStderr()), cmd.OutOrStdout(), cmd.ErrOrStderr()
	c.provider, c.balancer, err = openPoolParts(s, c.h, looking)
	c.health = health(s)
	return err
}

// A job is what is to be done, step by step.
type job struct {
	// would says all of it, in a line each, with what it costs.
	would []string
	steps []step
	// alone says that no bot minds.
	alone bool
	// done says what was reached.
	done func() string
}

// A step is a part of a job that leaves a state which has a name.
type step struct {
	// say tells what begins, as in "make web-7".
	say string
	do  func(context.Context) error
	// left says how things stand where the step was not done, and what to do then.
	left func() string
}

// carryOut says what would be done, or does it.
func (c *poolOperator) carryOut(cmd *cobra.Command, j job) error {
	switch {
	case bool(c.s.DryRun):
		return c.printPlan(j, "nothing was done: "+isDryRun)
	case !c.yes:
		return c.printPlan(j, "nothing was done; add --yes to do it")
	}
	if !j.alone {
		if err := c.alone(cmd); err != nil {
			return err
		}
	}
	ctx := cmd.Context()
	for _, s := range j.steps {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("interrupted before: %s. %s", s.say, s.left())
		}
		c.progress("%s", s.say)
		err := s.do(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return fmt.Errorf("interrupted: %s (%w). %s", s.say, err, s.left())
		case err != nil:
			return fmt.Errorf("%s: %w. %s", s.say, err, s.left())
		}
	}
	return c.printDone(j)
}

func (c *poolOperator) progress(format string, args ...any) {
	fmt.Fprintf(c.stderr, "%s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// botTime is how long a bot may take to say that it is there.
const botTime = 5 * time.Second

// alone refuses where a bot runs for the same pool, which would undo what is done here.
func (c *poolOperator) alone(cmd *cobra.Command) error {
	who := c.besideWhom(cmd)
	switch {
	case who == "":
		return nil
	case c.beside:
		c.progress("beside %s, which may undo this", who)
		return nil
	}
	return fmt.Errorf("nothing was done: %s keeps this pool at the number of servers that it wants, and would undo it. Ask it instead by autoscalebot scale N for 1h; "+
		"or end it first; or add --beside-bot", who)
}

// besideWhom names the bot that runs for this pool, "" for none that is known.
func (c *poolOperator) besideWhom(cmd *cobra.Command) string {
	ctx, cancel := context.WithTimeout(cmd.Context(), botTime)
	defer cancel()
	asked := admin.Client{Socket: c.s.SocketPath(), Addr: string(c.s.AdminAddr), Token: c.s.AdminToken.Reveal()}
	if asked.Addr != "" || isThere(asked.Socket) {
		if st, err := asked.Status(ctx); err == nil {
			return fmt.Sprintf("the bot that runs here since %s", st.Started.In(c.s.TimeZone.Location).Format("2006-01-02 15:04 MST"))
		}
	}
	return c.holder(ctx)
}

// callTime bounds one call that goes on when somebody presses Ctrl-C, so that its outcome is known.
const callTime = 90 * time.Second

// call makes a call that changes something. It ends by itself soon, so Ctrl-C lets it.
func call(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	return f(ctx)
}

// find finds a server of the pool by its name or id.
func (c *poolOperator) find(ctx context.Context, what string) (pool.Server, error) {
	servers, err := c.provider.List(ctx)
	if err != nil {
		return pool.Server{}, err
	}
	var found []pool.Server
	for _, s := range servers {
		if s.ID == what {
			return s, nil
		}
		if strings.EqualFold(s.Name, what) {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return pool.Server{}, fmt.Errorf("%d servers are called %s; give the id of one, as autoscalebot servers list shows it", len(found), what)
	}
	if _, err := c.provider.Describe(ctx, what); errors.Is(err, pool.ErrNotOurs) {
		return pool.Server{}, fmt.Errorf("the server %s is not one of the pool %s, since it has not its tag; it is not touched", what, c.s.Pooled())
	}
	return pool.Server{}, fmt.Errorf("the pool %s has no server %s; autoscalebot servers list shows those it has", c.s.Pooled(), what)
}

// member finds what the balancer knows of a server.
func (c *poolOperator) member(ctx context.Context, s pool.Server) (m pool.Member, ok bool, err error) {
	if c.balancer == nil {
		return m, false, nil
	}
	members, err := c.balancer.Members(ctx)
	for _, m := range members {
		if m.ID == s.ID || m.ID == "" && m.Name == s.Name {
			return m, true, err
		}
	}
	return m, false, err
}

// holder names the bot that holds the history's place, "" for none.
func (c *poolOperator) holder(ctx context.Context) string {
	url, _ := c.s.HistoryURL()
	if url == "" || url == history.Memory {
		return ""
	}
	seen, err := history.Look(ctx, history.Options{URL: url, App: c.s.App(), ProcessType: string(c.s.HerokuProcessType)})
	if err != nil || seen.Holder == "" {
		return "" // what cannot be read says nothing
	}
	return "the bot on " + seen.Holder + " (or it was killed less than three minutes ago)"
}
