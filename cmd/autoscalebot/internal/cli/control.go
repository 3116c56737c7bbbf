package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const asksABot = `
It asks the bot that runs for this app on this machine, over its Unix socket, or the one on ADMIN_ADDR where that is set. Where there
is neither, and DATABASE_URL is set, it asks by way of the bot's history there, as in: heroku run -- autoscalebot status`

// newControl makes the commands that ask a running bot.
func newControl() []*cobra.Command {
	return []*cobra.Command{newStatus(), newWhy(), newPause(), newResume(), newScale()}
}

// asking returns the client of the bot that the settings name, and these settings. end is called when all is asked.
func asking(cmd *cobra.Command) (c admin.Client, s *settings.Settings, end func(), err error) {
	s, err = settings.LoadAdmin()
	if err != nil {
		return admin.Client{}, nil, nil, err
	}
	end = func() {}
	c = admin.Client{Socket: s.SocketPath(), Addr: string(s.AdminAddr), Token: s.AdminToken.Reveal()}
	if c.Addr == "" && s.HistoryOnServer() && !isThere(c.Socket) {
		db, err := service.OpenHistory(cmd.Context(), s, service.NewHost(settings.Defaults(), cmd.OutOrStdout(), cmd.ErrOrStderr()), false)
		if err != nil {
			return c, nil, nil, err
		}
		c.History, c.Who = db, service.ProcessName()
		end = func() { _ = db.Close(context.WithoutCancel(cmd.Context())) } // nothing was written that is not
	}
	if c.Socket == "" && c.Addr == "" && c.History == nil {
		return c, nil, nil, settings.Problems{{Name: "ADMIN_SOCKET", What: "is none, and ADMIN_ADDR is not set, so the bot cannot be asked; set one of them for both"}}
	}
	return c, s, end, nil
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return path != "" && err == nil
}

// asks makes the work of a command out of a question that is answered with a status. It prints what holds after it.
func asks(ask func(*cobra.Command, admin.Client) (admin.Status, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		c, s, end, err := asking(cmd)
		if err != nil {
			return err
		}
		defer end()
		if nothing, err := rehearses(cmd, c, s); nothing || err != nil {
			return err
		}
		st, err := ask(cmd, c)
		if err != nil {
			return err
		}
		return printHolding(cmd.OutOrStdout(), st, s.TimeZone.Location)
	}
}

func newStatus() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what the running bot does now",
		Long:  "Says how many dynos there are, what the bot decided last and why, and what people have asked of it." + asksABot,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, s, end, err := asking(cmd)
			if err != nil {
				return err
			}
			defer end()
			st, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(st)
			}
			return printStatus(cmd.OutOrStdout(), st, s.TimeZone.Location)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, as docs/openapi.yaml says")
	return cmd
}

func newWhy() *cobra.Command {
	n, asJSON := 20, false
	cmd := &cobra.Command{
		Use:   "why",
		Short: "Explain the running bot's last decisions",
		Long:  "Prints the last decisions with their reasons, a line each, the oldest first." + asksABot,
		Args: func(cmd *cobra.Command, args []string) error {
			if n < 1 || n > admin.Kept {
				return fmt.Errorf("-n %d: write a number from 1 to %d", n, admin.Kept)
			}
			return cobra.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, s, end, err := asking(cmd)
			if err != nil {
				return err
			}
			defer end()
			records, err := c.Records(cmd.Context(), n)
			if err != nil {
				return err
			}
			if !asJSON {
				return printWhy(cmd.OutOrStdout(), records, time.Now(), s.TimeZone.Location)
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			for _, r := range records {
				if err := out.Encode(r); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&n, "number", "n", n, "how many decisions")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each as a line of JSON, with all that was known")
	return cmd
}

func newPause() *cobra.Command {
	var direction bot.Direction
	var length time.Duration
	return &cobra.Command{
		Use:   "pause [up|down] [2h]",
		Short: "Keep the running bot from adding or removing dynos, for a time or until resume",
		Long:  "Keeps the bot from adding dynos, from removing some, or both. The limits of the hour hold all the same." + asksABot,
		Args: func(_ *cobra.Command, args []string) (err error) {
			direction, args = takeDirection(args)
			length, err = parseFor(args, "autoscalebot pause up 2h")
			return err
		},
		RunE: asks(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
			return c.Pause(cmd.Context(), direction, length)
		}),
	}
}

func newResume() *cobra.Command {
	var direction bot.Direction
	return &cobra.Command{
		Use:   "resume [up|down]",
		Short: "End a pause",
		Long:  "Ends a pause, in one direction or both. One that the setting PAUSED makes goes on; autoscalebot scale auto ends an order." + asksABot,
		Args: func(_ *cobra.Command, args []string) error {
			if direction, args = takeDirection(args); len(args) > 0 {
				return fmt.Errorf("%q is no direction; write autoscalebot resume, with up or down to resume only that", args[0])
			}
			return nil
		},
		RunE: asks(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
			return c.Resume(cmd.Context(), direction)
		}),
	}
}

func newScale() *cobra.Command {
	var n int
	var auto bool
	var length time.Duration
	cmd := &cobra.Command{
		Use:   "scale N|auto [for 1h]",
		Short: "Have the running bot keep N dynos for a time",
		Long: `Has the bot keep N dynos for a time, inside the limits of the hour: as long as it leaves a change by hand alone, if not said
otherwise. autoscalebot scale auto lets it decide by itself again.` + asksABot,
	}
	cmd.Flags().DurationVar(&length, "for", 0, "for how long, such as 90m or 2h")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		const example = "autoscalebot scale 4 for 1h"
		if len(args) == 0 {
			return errors.New("how many dynos? Write " + example)
		}
		given := cmd.Flags().Changed("for")
		if auto = args[0] == "auto"; auto {
			if len(args) > 1 || given {
				return errors.New("auto takes no length of time: autoscalebot scale auto ends an order now")
			}
			return nil
		}
		var err error
		if n, err = strconv.Atoi(args[0]); err != nil {
			return fmt.Errorf("%q is no number of dynos; write %s", args[0], example)
		}
		switch {
		case given && len(args) > 1:
			return errors.New("for how long is said twice; write " + example)
		case given && length <= 0:
			return fmt.Errorf("--for %v: write a length of time such as 90m or 2h", length)
		case given:
			return nil
		}
		length, err = parseFor(args[1:], example)
		return err
	}
	cmd.RunE = asks(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
		if auto {
			return c.EndOverride(cmd.Context())
		}
		return c.Scale(cmd.Context(), n, length)
	})
	return cmd
}

// takeDirection reads a direction off the beginning of args; both if there is none.
func takeDirection(args []string) (bot.Direction, []string) {
	if len(args) > 0 {
		switch d := bot.Direction(args[0]); d {
		case bot.Up, bot.Down, bot.Both:
			return d, args[1:]
		}
	}
	return bot.Both, args
}

// parseFor reads a length of time, with or without the word for; 0 if there is none.
func parseFor(args []string, example string) (time.Duration, error) {
	if len(args) == 0 {
		return 0, nil
	}
	if args[0] == "for" {
		args = args[1:]
	}
	if len(args) != 1 {
		return 0, errors.New("that is not understood; write it as in: " + example)
	}
	d, err := time.ParseDuration(args[0])
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no length of time such as 90m or 2h; write it as in: %s", args[0], example)
	}
	return d, nil
}
