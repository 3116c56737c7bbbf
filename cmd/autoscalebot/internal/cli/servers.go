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
	"github.com/autoscalebot/autoscalebot/bot/pool/manual"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const drySpell = `

Without --yes, or with DRY_RUN, the command only prints its plan and the cost. It never touches a server without
the pool's tag. It refuses to run next to a bot of the same app, which would undo the changes: see --beside-bot.
Ctrl-C stops it after the call in flight, and it then prints the state that it leaves.`

func newServers() *cobra.Command {
	c := &poolCommand{}
	cmd := &cobra.Command{
		Use:   "servers",
		Short: "List, create, drain, resize and destroy the servers of a pool",
		Long: `Operates on the servers of the pool that the settings describe (PLATFORM=pool). Each command does what
you would do in the provider's console, and waits, checks health and updates the balancer in the right order.
See docs/pools.md.`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().BoolVar(&c.asJSON, "json", false, "print JSON")
	cmd.AddCommand(
		c.looks("list", "List the pool's servers and their state at the balancer", c.list),
		c.looks("sizes", "List the sizes that the provider offers, with prices", c.sizes),
		c.looks("images", "List your own images for servers", c.images),
		c.acts("spinup [NAME]", "Create a server, wait until it is healthy, and send it requests",
			`Creates a server of the first of SIZES, waits until it runs and passes its health check, and puts it behind
the balancer. With the NAME of an existing server, it continues an interrupted spinup.`, cobra.MaximumNArgs(1),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				if len(args) == 0 {
					return c.operator.Spinup(ctx)
				}
				return c.operator.SpinupOf(ctx, args[0])
			}),
		c.acts("drain NAME", "Stop new requests to a server, and wait for those in flight",
			"Stops new requests to a server, and waits until it has answered those in flight. undrain reverses it.",
			cobra.ExactArgs(1),
			one(c.operator.Drain)),
		c.acts("undrain NAME", "Send a drained server requests again",
			"Waits until a server passes its health check, and has the balancer send it requests.", cobra.ExactArgs(1),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				return c.operator.Undrain(ctx, args[0])
			}),
		c.acts("destroy NAME", "Drain a server, remove it from the balancer, and destroy it",
			"Drains a server, removes it from the balancer, and destroys it with everything on its disk.",
			cobra.ExactArgs(1),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				return c.operator.Destroy(ctx, args[0])
			}),
		c.resizing(),
		c.acts("snapshot NAME IMAGE", "Make an image of a server",
			"Makes an image of a server, for creating others. The provider charges for its storage.",
			cobra.ExactArgs(2),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				return c.operator.Snapshot(ctx, args[0], args[1])
			}),
	)
	return cmd
}

func (c *poolCommand) resizing() *cobra.Command {
	var now bool
	cmd := c.acts("resize NAME SIZE", "Make a server larger or smaller",
		`Drains a server, switches it off, changes its size, switches it on, waits until it is healthy, and
sends it requests again. For the only server this means downtime, so it needs an open MAINTENANCE_WINDOW or --now.`, cobra.ExactArgs(2),
		func(ctx context.Context, args []string) (*manual.Plan, error) {
			return c.operator.Resize(ctx, args[0], args[1], now)
		})
	cmd.Flags().BoolVar(&now, "now", false, "resize even outside the maintenance window")
	return cmd
}

type poolCommand struct {
	asJSON, yes, beside bool

	s              *settings.Settings
	h              service.Host
	operator       manual.Operator
	stdout, stderr io.Writer
	steps          *steps // while a plan is carried out
}

type planner func(ctx context.Context, args []string) (*manual.Plan, error)

func one(plan func(ctx context.Context, server string) (*manual.Plan, error)) planner {
	return func(ctx context.Context, args []string) (*manual.Plan, error) { return plan(ctx, args[0]) }
}

func (c *poolCommand) looks(use, short string, work func(context.Context) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if err := c.open(cmd, true); err != nil {
			return err
		}
		return work(cmd.Context())
	}}
}

func (c *poolCommand) acts(use, short, long string, args cobra.PositionalArgs, plan planner) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: long + drySpell, Args: args}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := c.open(cmd, false); err != nil {
			return err
		}
		p, err := plan(cmd.Context(), args)
		if err != nil {
			return c.named(err)
		}
		for i, text := range p.Would {
			p.Would[i] = c.s.Named(text)
		}
		return c.carryOut(cmd, p)
	}
	cmd.Flags().BoolVar(&c.yes, "yes", false, "carry out the plan")
	cmd.Flags().BoolVar(&c.beside, "beside-bot", false, "run next to a bot, which returns to its own number of servers")
	return cmd
}

// The error names limits by the names that the user has set.
func (c *poolCommand) named(err error) error {
	if text := c.s.Named(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// looking: the command creates nothing, so it needs no settings of new servers.
func (c *poolCommand) open(cmd *cobra.Command, looking bool) error {
	s, err := settings.LoadServers(looking)
	if err != nil {
		return err
	}
	c.s, c.h, c.stdout, c.stderr = s, service.NewHost(s, cmd.OutOrStdout(), cmd.ErrOrStderr()),
		cmd.OutOrStdout(), cmd.ErrOrStderr()
	provider, balancer, err := service.OpenPoolParts(s, c.h, looking)
	c.operator = manual.Operator{
		Pool: s.Pooled(), Provider: provider, ProviderName: string(s.PoolProvider), Balancer: balancer,
		Health: service.OpenHealth(s), HealthyAfter: int(s.HealthPasses), ActiveWithin: time.Duration(s.PoolActive),
		HealthyWithin: time.Duration(s.PoolHealthy), DrainWithin: time.Duration(s.PoolDrain),
		Size: s.FirstSize(), Price: s.ServerPrice.Price, MaxDollarsPerHour: float64(s.PoolMaxDollars),
		Limits:      s.ServerLimits,
		Maintenance: s.Maintenance.At, Window: string(s.MaintenanceWindow),
	}
	return err
}

func (c *poolCommand) carryOut(cmd *cobra.Command, p *manual.Plan) error {
	switch {
	case bool(c.s.DryRun):
		return c.printPlan(p, "nothing was done: "+isDryRun)
	case !c.yes:
		return c.printPlan(p, "nothing was done. Add --yes to do it")
	}
	if !p.Aside {
		if err := c.alone(cmd); err != nil {
			return err
		}
	}
	c.steps = newSteps(c.stderr)
	reached, err := p.Do(cmd.Context(), c.steps.report)
	c.steps.end()
	if err != nil {
		return err
	}
	if c.asJSON {
		return printJSON(c.stdout, planJSON{Done: true, Result: reached})
	}
	_, err = fmt.Fprintln(c.stdout, reached)
	return err
}

type planJSON struct {
	Done   bool     `json:"done"`
	Would  []string `json:"would,omitempty"`
	Result string   `json:"result,omitempty"`
}

func (c *poolCommand) printPlan(p *manual.Plan, end string) error {
	if c.asJSON {
		return printJSON(c.stdout, planJSON{Would: p.Would})
	}
	_, err := fmt.Fprintf(c.stdout, "would:\n  %s\n%s\n", strings.Join(p.Would, "\n  "), end)
	return err
}

const botTime = 5 * time.Second

// A bot of the same pool would undo the changes.
func (c *poolCommand) alone(cmd *cobra.Command) error {
	who := c.besideWhom(cmd)
	switch {
	case who == "":
		return nil
	case c.beside:
		_, err := fmt.Fprintf(c.stderr, "next to %s, which may undo this\n", who)
		return err
	}
	return fmt.Errorf("nothing was done: %s would undo it, because it keeps this pool at its desired number of "+
		"servers. Use autoscalebot scale N for 1h instead, stop the bot first, or add --beside-bot", who)
}

// "" if no bot is known.
func (c *poolCommand) besideWhom(cmd *cobra.Command) string {
	ctx, cancel := context.WithTimeout(cmd.Context(), botTime)
	defer cancel()
	asked := admin.Client{Socket: c.s.SocketPath(), Addr: string(c.s.AdminAddr), Token: c.s.AdminToken.Reveal()}
	if asked.Addr != "" || isThere(asked.Socket) {
		if st, err := asked.Status(ctx); err == nil {
			return fmt.Sprintf("the bot that has run here since %s",
				st.Started.In(c.s.TimeZone.Location).Format("2006-01-02 15:04 MST"))
		}
	}
	return c.holder(ctx)
}

// The bot that holds the history's lock; "" if there is no such bot.
func (c *poolCommand) holder(ctx context.Context) string {
	url, _ := c.s.HistoryURL()
	if url == "" || url == history.Memory {
		return ""
	}
	seen, err := history.Look(ctx, history.Options{
		URL: url, App: c.s.App(),
		ProcessType: string(c.s.HerokuProcessType),
	})
	if err != nil || seen.Holder == "" {
		return "" // an unreadable history proves nothing
	}
	return "the bot on " + seen.Holder + " (unless it was killed less than three minutes ago)"
}
