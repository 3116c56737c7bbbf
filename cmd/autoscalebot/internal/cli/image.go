package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/manual"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const scriptLimit = time.Hour

func newImage() *cobra.Command {
	p := &imageCommand{}
	cmd := &cobra.Command{
		Use: "image", Short: "Prepare the image that a pool's servers are made from", Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	prepare := p.acts("prepare", "Make a new image: change a server, check it, snapshot it, and boot from the snapshot",
		`Creates a server from the current image, runs a script on it, waits until it is healthy, and makes an image of
it. Then it creates a server from the new image, waits until it is healthy too, saves the image's ID in a settings
file, and destroys both servers. They carry the tag and the name of another pool, such as web-image, so no bot takes
them for its own. After an interruption, repeat the command: it continues with the server that it created, and runs
the script again.`, cobra.NoArgs, p.plan)
	prepare.Flags().StringVar(&p.prep.Server, "server", "",
		"use this server of the pool, drained meanwhile, instead of a new one")
	prepare.Flags().StringVar(&p.prep.Script, "script", "", "the shell script to run on the server over SSH")
	prepare.Flags().StringVar(&p.prep.User, "user", "root", "the user that runs the script")
	prepare.Flags().StringVar(&p.prep.Image, "name", "",
		"the name of the image (default: the pool's name, date and time)")
	prepare.Flags().StringVar(&p.prep.File, "write", "", "save the image's ID in this settings file (.env or .yaml)")
	prepare.Flags().BoolVar(&p.asJSON, "json", false, "print JSON")
	cmd.AddCommand(prepare)
	return cmd
}

type imageCommand struct {
	poolCommand
	prep manual.Preparation
}

func (c *imageCommand) plan(ctx context.Context, _ []string) (*manual.Plan, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.prep.Image == "" {
		c.prep.Image = c.s.Pooled() + c.h.Now.Format("-2006-01-02-1504")
	}
	c.prep.Run, c.prep.Open, c.prep.InTemplate = c.run, c.openBuilder, c.s.PoolProvider != "digitalocean"
	c.prep.Note = func(image string) error { return settings.Note(c.prep.File, "DIGITALOCEAN_IMAGE", image) }
	return c.operator.PrepareImage(ctx, c.prep)
}

func (c *imageCommand) check() error {
	if c.prep.Script != "" {
		f, err := os.Open(c.prep.Script)
		if err != nil {
			return err
		}
		f.Close()
		if _, err := service.OpenSSH(c.s); err != nil {
			return err
		}
	}
	if c.prep.File == "" {
		return nil
	}
	if c.s.PoolProvider != "digitalocean" {
		return fmt.Errorf("--write: POOL_PROVIDER=%s takes the image from the launch template, not from a setting",
			c.s.PoolProvider)
	}
	_, err := os.Stat(c.prep.File)
	return err
}

// The temporary servers belong to another pool. An empty image means the image of the settings.
func (c *imageCommand) openBuilder(image string) (pool.Provider, error) {
	s := *c.s
	s.PoolName = settings.Text(c.s.Pooled() + "-image")
	if image != "" {
		s.DigitalOceanImage = settings.Text(image)
	}
	return service.Providers()[string(s.PoolProvider)](&s, c.h)
}

func (c *imageCommand) run(ctx context.Context, s pool.Server) error {
	ssh, err := service.OpenSSH(c.s)
	if err != nil {
		return err
	}
	m, err := ssh.Machine(c.prep.User + "@" + s.Address)
	if err != nil {
		return err
	}
	f, err := os.Open(c.prep.Script)
	if err != nil {
		return err
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(ctx, scriptLimit)
	defer cancel()
	return m.Stream(ctx, "sh -s", io.Reader(f), c.steps, c.steps)
}
