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
		Use: "image", Short: "Prepare the image that a pool's servers are made from", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	prepare := p.acts("prepare", "Make a new image: change a server, check it, take a snapshot, and boot from that",
		`Makes a server from the present image, runs a script on it, waits until it is healthy, makes an image of it, makes a server from that and waits until it is
healthy too, notes the image in a settings file, and ends both servers. They have the tag and the name of another pool, such as
web-image, so no bot takes them for its own. Given again after it was cut off, it goes on with the server that it has made, and runs the script again.`, cobra.NoArgs, p.plan)
	prepare.Flags().StringVar(&p.prep.Server, "server", "",
		"take this server of the pool, drained meanwhile, instead of making one")
	prepare.Flags().StringVar(&p.prep.Script, "script", "", "a shell script that is run on the server over SSH")
	prepare.Flags().StringVar(&p.prep.User, "user", "root", "the user who runs it")
	prepare.Flags().StringVar(&p.prep.Image, "name", "",
		"the image's name (by default the pool's, with the date and the time)")
	prepare.Flags().StringVar(&p.prep.File, "write", "", "note the image in this settings file, .env or .yaml")
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

// check looks at what can be wrong with the files that are named.
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
		return fmt.Errorf("--write: with POOL_PROVIDER=%s the image stands in no setting, but in the launch template",
			c.s.PoolProvider)
	}
	_, err := os.Stat(c.prep.File)
	return err
}

// openBuilder opens the provider of temporary servers, which are those of another pool. An image that is empty is that
// of the settings.
func (c *imageCommand) openBuilder(image string) (pool.Provider, error) {
	s := *c.s
	s.PoolName = settings.Text(c.s.Pooled() + "-image")
	if image != "" {
		s.DigitalOceanImage = settings.Text(image)
	}
	return service.Providers()[string(s.PoolProvider)](&s, c.h)
}

// run runs the script on a server, over SSH.
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
	return m.Stream(ctx, "sh -s", io.Reader(f), c.stderr, c.stderr)
}
