package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// scriptLimit bounds the script that prepares a server.
const scriptLimit = time.Hour

// newImage makes the command that prepares an image.
func newImage() *cobra.Command {
	p := &preparation{}
	cmd := &cobra.Command{
		Use: "image", Short: "Prepare the image that a pool's servers are made from", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	prepare := p.acts("prepare", "Make a new image: change a server, check it, take a snapshot, and boot from that",
		`Makes a server from the present image, runs a script on it, waits until it is healthy, makes an image of it, makes a server from that and waits until it is
healthy too, notes the image in a settings file, and ends both servers. They have the tag and the name of another pool, such as
web-image, so no bot takes them for its own. Given again after it was cut off, it goes on with the server that it has made, and runs the script again.`, cobra.NoArgs, p.plan)
	prepare.Flags().StringVar(&p.server, "server", "", "take this server of the pool, drained meanwhile, instead of making one")
	prepare.Flags().StringVar(&p.script, "script", "", "a shell script that is run on the server over SSH")
	prepare.Flags().StringVar(&p.user, "user", "root", "the user who runs it")
	prepare.Flags().StringVar(&p.name, "name", "", "the image's name (by default the pool's, with the date and the time)")
	prepare.Flags().StringVar(&p.file, "write", "", "note the image in this settings file, .env or .yaml")
	prepare.Flags().BoolVar(&p.asJSON, "json", false, "print JSON")
	cmd.AddCommand(prepare)
	return cmd
}

// A preparation makes an image of a server.
type preparation struct {
	poolOperator
	server, script, user, name, file string

	// builder makes the temporary servers.
	builder pool.Provider
	image   pool.Image
}

// plan is what is to be done.
func (p *preparation) plan(ctx context.Context, _ []string) (job, error) {
	if err := p.check(); err != nil {
		return job{}, err
	}
	if p.name == "" {
		p.name = p.s.Pooled() + p.h.now.Format("-2006-01-02-1504")
	}
	var err error
	if p.builder, err = p.openBuilder(""); err != nil {
		return job{}, err
	}
	if p.server != "" {
		return p.ofOurs(ctx)
	}
	return p.ofClone(ctx)
}

// check looks at what can be wrong before anything is done.
func (p *preparation) check() error {
	if _, ok := p.provider.(pool.Snapshotter); !ok {
		return fmt.Errorf("POOL_PROVIDER=%s makes no images of servers", p.s.PoolProvider)
	}
	if p.script != "" {
		f, err := os.Open(p.script)
		if err != nil {
			return err
		}
		f.Close()
		if _, err := openSSH(p.s); err != nil {
			return err
		}
	}
	if p.file == "" {
		return nil
	}
	if p.s.PoolProvider != "digitalocean" {
		return fmt.Errorf("--write: with POOL_PROVIDER=%s the image stands in no setting, but in the launch template", p.s.PoolProvider)
	}
	_, err := os.Stat(p.file)
	return err
}

// openBuilder opens the provider of temporary servers, which are those of another pool. An image that is empty is that of the settings.
func (p *preparation) openBuilder(image string) (pool.Provider, error) {
	s := *p.s
	s.PoolName = settings.Text(p.s.Pooled() + "-image")
	if image != "" {
		s.DigitalOceanImage = settings.Text(image)
	}
	return providers()[string(s.PoolProvider)](&s, p.h)
}

// temporary names a temporary server.
func (p *preparation) temporary(n int) string { return fmt.Sprintf("%s-image-%d", p.s.Pooled(), n) }

// costs says what a temporary server that is left is for, and how it is ended.
func (p *preparation) costs(name, id string) string {
	return fmt.Sprintf("%s (%s) is there and costs money: the same command goes on, and POOL_NAME=%s-image autoscalebot servers destroy %[1]s --yes ends it", name, id, p.s.Pooled())
}

// ofOurs is a job with a server of the pool.
func (p *preparation) ofOurs(ctx context.Context) (job, error) {
	s, err := p.find(ctx, p.server)
	if err != nil {
		return job{}, err
	}
	j := job{done: p.result}
	left := func() string {
		return fmt.Sprintf("%s may be changed, and get no requests: the same command goes on, and autoscalebot servers undrain %[1]s --yes gives it some again", s.Name)
	}
	j.addDrain(&p.poolOperator, s, p.warnLast(ctx, s))
	p.addSnapshot(&j, p.provider, func() pool.Server { return s }, s.Name, left)
	j.addJoin(&p.poolOperator, func() pool.Server { return s }, s.Name, left)
	p.addBoot(&j)
	p.addNote(&j)
	return j, nil
}

// ofClone is a job with a server of its own.
func (p *preparation) ofClone(ctx context.Context) (job, error) {
	size, price, err := p.offer(ctx, p.s.FirstSize())
	if err != nil {
		return job{}, err
	}
	var s pool.Server
	name := p.temporary(1)
	j := job{done: p.result, alone: true}
	p.addMake(&j, func() pool.Provider { return p.builder }, name, &s, size, price)
	left := func() string { return p.costs(name, s.ID) }
	p.addSnapshot(&j, p.builder, func() pool.Server { return s }, name, left)
	p.addBoot(&j)
	p.addNote(&j)
	j.would = append(j.would, "end "+name)
	j.steps = append(j.steps, step{"end " + name, func(ctx context.Context) error {
		c := p.with(p.builder)
		if err := c.untilDestroyed(ctx, s); err != nil {
			return err
		}
		return c.untilGone(ctx, s)
	}, left})
	return j, nil
}

// with is the crew with another provider.
func (p *preparation) with(provider pool.Provider) *poolOperator {
	c := p.poolOperator
	c.provider, c.balancer = provider, nil
	return &c
}

// addMake adds a temporary server, or goes on with the one of that name.
func (p *preparation) addMake(j *job, provider func() pool.Provider, name string, s *pool.Server, size string, price float64) {
	j.would = append(j.would, fmt.Sprintf("make the temporary server %s%s, which costs %s, and wait until it runs%s", name, ofSize(size), settings.Priced(price), p.healthText()))
	left := func() string {
		if s.ID == "" {
			return fmt.Sprintf("Whether there is a %s now POOL_NAME=%s-image autoscalebot servers list tells", name, p.s.Pooled())
		}
		return p.costs(name, s.ID)
	}
	j.steps = append(j.steps,
		step{"make " + name, func(ctx context.Context) error {
			return call(ctx, func(ctx context.Context) (err error) {
				*s, err = provider().Create(ctx, pool.Order{Name: name, Size: size})
				return err
			})
		}, left},
		step{"wait until " + name + " runs", func(ctx context.Context) (err error) {
			*s, err = p.with(provider()).untilActive(ctx, *s)
			return err
		}, left})
	p.addHealthy(j, func() pool.Server { return *s }, name, left)
}

func (p *preparation) addHealthy(j *job, s func() pool.Server, name string, left func() string) {
	if p.health != nil {
		j.steps = append(j.steps, step{"wait until " + name + " is healthy", func(ctx context.Context) error { return p.untilHealthy(ctx, s()) }, left})
	}
}

// addSnapshot adds the script, where there is one, and the image of a server.
func (p *preparation) addSnapshot(j *job, provider pool.Provider, s func() pool.Server, name string, left func() string) {
	if p.script != "" {
		j.would = append(j.would, fmt.Sprintf("run %s on it as %s, and wait until it is healthy again", p.script, p.user))
		j.steps = append(j.steps, step{fmt.Sprintf("run %s on %s", p.script, name), func(ctx context.Context) error { return p.run(ctx, s()) }, left})
		p.addHealthy(j, s, name, left)
	}
	j.would = append(j.would, fmt.Sprintf("make the image %s of it, whose storage the provider bills by the GB and month", p.name))
	j.steps = append(j.steps, step{fmt.Sprintf("make the image %s of %s, which takes minutes", p.name, name), func(ctx context.Context) (err error) {
		snapshotter, ok := provider.(pool.Snapshotter)
		if !ok {
			return errors.New("the provider makes no images")
		}
		p.image, err = snapshotter.Snapshot(ctx, s().ID, p.name, func(text string) { p.progress("  %s", text) })
		return err
	}, func() string { return left() + ". autoscalebot servers images tells whether there is a " + p.name }})
}

// addBoot adds the proof: a server that is made from the image comes up by itself.
func (p *preparation) addBoot(j *job) {
	if p.s.PoolProvider != "digitalocean" {
		j.would = append(j.would, "NOT boot from it, since the launch template says from which image instances are made: watch the first one")
		return
	}
	name := p.temporary(2)
	var s pool.Server
	var fresh pool.Provider
	notNoted := func() string {
		return fmt.Sprintf("The image %s (%s) is made, and was not found to boot, so it is noted nowhere. ", p.name, p.image.ID)
	}
	j.steps = append(j.steps, step{"end what is left of an earlier " + name, func(ctx context.Context) (err error) {
		if fresh, err = p.openBuilder(p.image.ID); err != nil {
			return err
		}
		servers, err := fresh.List(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(servers, func(s pool.Server) bool { return s.Name == name && s.State != pool.Ending })
		if i < 0 {
			return nil
		}
		if err := p.with(fresh).untilDestroyed(ctx, servers[i]); err != nil {
			return err
		}
		return p.with(fresh).untilGone(ctx, servers[i])
	}, notNoted})
	begin := len(j.steps)
	size, price, err := p.offer(context.Background(), p.s.FirstSize())
	if err != nil {
		size, price = p.s.FirstSize(), 0
	}
	p.addMake(j, func() pool.Provider { return fresh }, name, &s, size, price)
	for i := begin; i < len(j.steps); i++ {
		left := j.steps[i].left
		j.steps[i].left = func() string { return notNoted() + left() }
	}
	j.would[len(j.would)-1] += ", this one from the new image; and end it"
	j.steps = append(j.steps, step{"end " + name, func(ctx context.Context) error { return p.with(fresh).untilDestroyed(ctx, s) }, func() string { return p.costs(name, s.ID) }})
}

// addNote adds the note of the image in a settings file.
func (p *preparation) addNote(j *job) {
	if p.file == "" {
		return
	}
	j.would = append(j.would, "note it in "+p.file)
	j.steps = append(j.steps, step{"note the image in " + p.file, func(context.Context) error {
		return settings.Note(p.file, "DIGITALOCEAN_IMAGE", p.image.ID)
	}, func() string { return p.result() }})
}

// run runs the script on a server, over SSH.
func (p *preparation) run(ctx context.Context, s pool.Server) error {
	ssh, err := openSSH(p.s)
	if err != nil {
		return err
	}
	m, err := ssh.Machine(p.user + "@" + s.Address)
	if err != nil {
		return err
	}
	f, err := os.Open(p.script)
	if err != nil {
		return err
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(ctx, scriptLimit)
	defer cancel()
	return m.Stream(ctx, "sh -s", io.Reader(f), p.stderr, p.stderr)
}

// result says which image there is, and what to do with it.
func (p *preparation) result() string {
	switch {
	case p.s.PoolProvider != "digitalocean":
		return fmt.Sprintf("the image %s is %s; give the launch template a version with it", p.name, p.image.ID)
	case p.file != "":
		return fmt.Sprintf("the image %s is %s, and DIGITALOCEAN_IMAGE in %s; a bot takes it when it starts", p.name, p.image.ID, p.file)
	}
	return fmt.Sprintf("the image %s is %s; for servers made from now on set\nDIGITALOCEAN_IMAGE=%[2]s", p.name, p.image.ID)
}
