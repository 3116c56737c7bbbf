package cli

import (
	"context"
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

Without --yes, and with DRY_RUN, it only says what it would do, and what that costs. It touches no server that has not the pool's tag, and refuses where
a bot runs for this app, which would undo it: see --beside-bot. Ctrl-C ends it after the call that is under way, and it says then what
it leaves behind.`

func newServers() *cobra.Command {
	c := &poolCommand{}
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
a server that is there, it goes on where an earlier spinup ended.`, cobra.MaximumNArgs(1),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				if len(args) == 0 {
					return c.operator.Spinup(ctx)
				}
				return c.operator.SpinupOf(ctx, args[0])
			}),
		c.acts("drain NAME", "Give a server no new requests, and wait until it has none",
			"Has the balancer give a server no new requests, and waits until it has answered those it had. undrain "+
				"takes it back.", cobra.ExactArgs(1),
			one(c.operator.Drain)),
		c.acts("undrain NAME", "Give a server requests again",
			"Waits until a server passes its health check, and has the balancer give it requests.", cobra.ExactArgs(1),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				return c.operator.Undrain(ctx, args[0])
			}),
		c.acts("destroy NAME", "Drain a server, take it out of the balancer, and end it for good",
			"Drains a server, takes it out of the balancer, and destroys it, with what is on its disk.",
			cobra.ExactArgs(1),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				return c.operator.Destroy(ctx, args[0])
			}),
		c.resizing(),
		c.acts("snapshot ID NAME", "Make an image of a server",
			"Makes an image NAME of a server, from which others can be made. The provider bills its storage.",
			cobra.ExactArgs(2),
			func(ctx context.Context, args []string) (*manual.Plan, error) {
				return c.operator.Snapshot(ctx, args[0], args[1])
			}),
	)
	return cmd
}

func (c *poolCommand) resizing() *cobra.Command {
	var now bool
	cmd := c.acts("resize ID SIZE", "Make a server larger or smaller",
		`Drains a server, switches it off, gives it another size, switches it on, waits until it is healthy, and gives it requests again. Where it is the only
one, that means downtime, so it is done only in the MAINTENANCE_WINDOW, or with --now.`, cobra.ExactArgs(2),
		func(ctx context.Context, args []string) (*manual.Plan, error) {
			return c.operator.Resize(ctx, args[0], args[1], now)
		})
	cmd.Flags().BoolVar(&now, "now", false, "do it outside the maintenance window too")
	return cmd
}

type poolCommand struct {
	asJSON, yes, beside bool

	s              *settings.Settings
	h              service.Host
	operator       manual.Operator
	stdout, stderr io.Writer
}

type planner func(ctx context.Context, args []string) (*manual.Plan, error)

// one is a planner that is given a server.
func one(plan func(ctx context.Context, server string) (*manual.Plan, error)) planner {
	return func(ctx context.Context, args []string) (*manual.Plan, error) { return plan(ctx, args[0]) }
}

// looks is a command that changes nothing.
func (c *poolCommand) looks(use, short string, work func(context.Context) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if err := c.open(cmd, true); err != nil {
			return err
		}
		return work(cmd.Context())
	}}
}

// acts is a command that changes something, where --yes is given.
func (c *poolCommand) acts(use, short, long string, args cobra.PositionalArgs, plan planner) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: long + drySpell, Args: args}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := c.open(cmd, false); err != nil {
			return err
		}
		p, err := plan(cmd.Context(), args)
		if err != nil {
			return err
		}
		return c.carryOut(cmd, p)
	}
	cmd.Flags().BoolVar(&c.yes, "yes", false, "do it")
	cmd.Flags().BoolVar(&c.beside, "beside-bot", false,
		"do it although a bot runs, which goes back to the number of servers that it wants")
	return cmd
}

// open makes what the settings name. looking: nothing is to be made, so nothing has to be known of what.
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
		return c.printPlan(p, "nothing was done; add --yes to do it")
	}
	if !p.Aside {
		if err := c.alone(cmd); err != nil {
			return err
		}
	}
	reached, err := p.Do(cmd.Context(), c.report)
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

func (c *poolCommand) report(text string) {
	fmt.Fprintf(c.stderr, "%s %s\n", time.Now().Format(time.TimeOnly), text)
}

const botTime = 5 * time.Second

// alone refuses where a bot runs for the same pool, which would undo what is done here.
func (c *poolCommand) alone(cmd *cobra.Command) error {
	who := c.besideWhom(cmd)
	switch {
	case who == "":
		return nil
	case c.beside:
		c.report(fmt.Sprintf("beside %s, which may undo this", who))
		return nil
	}
	return fmt.Errorf("nothing was done: %s keeps this pool at the number of servers that it wants, and "+
		"would undo it. "+
		"Ask it instead by autoscalebot scale N for 1h; or end it first; or add --beside-bot", who)
}

// besideWhom names the bot that runs for this pool, "" for none that is known.
func (c *poolCommand) besideWhom(cmd *cobra.Command) string {
	ctx, cancel := context.WithTimeout(cmd.Context(), botTime)
	defer cancel()
	asked := admin.Client{Socket: c.s.SocketPath(), Addr: string(c.s.AdminAddr), Token: c.s.AdminToken.Reveal()}
	if asked.Addr != "" || isThere(asked.Socket) {
		if st, err := asked.Status(ctx); err == nil {
			return fmt.Sprintf("the bot that runs here since %s",
				st.Started.In(c.s.TimeZone.Location).Format("2006-01-02 15:04 MST"))
		}
	}
	return c.holder(ctx)
}

// holder names the bot that holds the history's place, "" for none.
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
		return "" // what cannot be read says nothing
	}
	return "the bot on " + seen.Holder + " (or it was killed less than three minutes ago)"
}
