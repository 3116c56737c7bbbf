package manual

import (
	"context"
	"fmt"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A Preparation describes how to prepare an image for a pool's servers.
type Preparation struct {
	// Image is the name of the new image.
	Image string
	// Server is the server of the pool to make the image of, drained meanwhile; empty for a temporary server.
	Server string
	// Script names the script that Run runs on the server, empty for none. User is the user it runs as.
	Script, User string
	Run          func(ctx context.Context, s pool.Server) error
	// Open opens the provider of the temporary servers. They belong to another pool, this one's name with -image
	// appended. image is the image to make them from; empty for the image of the pool's servers.
	Open func(image string) (pool.Provider, error)
	// InTemplate is true if the provider's launch template names the image, so that no server can be made from another.
	InTemplate bool
	// File is where Note saves the ID of the image once a server booted from it; empty for nowhere.
	File string
	Note func(image string) error
}

type imagePlan struct {
	*Operator
	Preparation
	*Plan
	made  pool.Image
	size  string  // of temporary servers
	price float64 // of one
}

// PrepareImage plans to change a server, make an image of it, boot a server from that image, and save the image's ID.
// After an interruption it continues with the server it created.
func (o *Operator) PrepareImage(ctx context.Context, prep Preparation) (*Plan, error) {
	if _, err := o.snapshotter(); err != nil {
		return nil, err
	}
	p := &imagePlan{Operator: o, Preparation: prep, Plan: &Plan{}}
	p.done = p.result
	var err error
	if p.size, p.price, err = o.offer(ctx, o.Size); err != nil && prep.Server == "" {
		return nil, err
	} else if err != nil {
		p.size, p.price = o.Size, 0
	}
	if prep.Server != "" {
		err = p.ofOurs(ctx)
	} else {
		err = p.ofTemporary()
	}
	return p.Plan, err
}

func (p *imagePlan) ofOurs(ctx context.Context) error {
	s, servers, err := p.find(ctx, p.Server)
	if err != nil {
		return err
	}
	left := func() string {
		return fmt.Sprintf("%s may be changed, and may get no requests. Repeat the command to continue, or run "+
			"autoscalebot servers undrain %[1]s --yes to send it requests again", s.Name)
	}
	p.drain(p.Plan, s, p.onlyOne(ctx, servers, s))
	if err := p.snapshot(p.Operator, s, s.Name, left); err != nil {
		return err
	}
	p.join(p.Plan, s, s.Name, left)
	p.boot()
	p.note()
	return nil
}

func (p *imagePlan) ofTemporary() error {
	provider, err := p.Open("")
	if err != nil {
		return err
	}
	p.Aside = true
	builder, name := p.with(provider), p.temporary(1)
	s, left := p.temporaryServer(builder, name, "", func() string { return "" })
	if err := p.snapshot(builder, s, name, left); err != nil {
		return err
	}
	p.boot()
	p.note()
	p.would("destroy %s", name)
	p.addOf(s, "destroy "+name, left, builder.end)
	return nil
}

func (p *imagePlan) temporary(n int) string { return fmt.Sprintf("%s-image-%d", p.Pool, n) }

func (p *imagePlan) with(provider pool.Provider) *Operator {
	o := *p.Operator
	o.Provider, o.Balancer = provider, nil
	return &o
}

// Continues with an existing server of that name. left describes the situation after a failure; before is its first
// part.
func (p *imagePlan) temporaryServer(o *Operator, name, purpose string, before func() string) (
	s *pool.Server, left func() string,
) {
	s = &pool.Server{}
	left = func() string {
		if s.ID == "" {
			return before() + "Whether " + name + " exists is unknown. Run POOL_NAME=" + p.Pool +
				"-image autoscalebot servers list to see it"
		}
		return before() + p.costs(s)
	}
	p.would("create the temporary server %s%s (price: %s), and wait until it runs%s%s",
		name, ofSize(p.size), priced(p.price), p.andHealthy(), purpose)
	o.create(p.Plan, pool.Order{Name: name, Size: p.size}, s, left)
	o.await(p.Plan, s, name, left)
	o.check(p.Plan, s, name, left)
	return s, left
}

func (p *imagePlan) costs(s *pool.Server) string {
	return fmt.Sprintf("%s (%s) exists and costs money. Repeat the command to continue, or run "+
		"POOL_NAME=%s-image autoscalebot servers destroy %[1]s --yes to destroy it", s.Name, s.ID, p.Pool)
}

func (p *imagePlan) snapshot(o *Operator, s *pool.Server, name string, left func() string) error {
	snapshotter, err := o.snapshotter()
	if err != nil {
		return err
	}
	if p.Script != "" {
		p.would("run %s on it as %s, and wait until it is healthy again", p.Script, p.User)
		p.add(fmt.Sprintf("run %s on %s", p.Script, name), left, func(ctx context.Context, _ report) error {
			return p.Run(ctx, *s)
		})
		p.check(p.Plan, s, name, left)
	}
	p.would("make the image %s of it (the provider charges for its storage by GB and month)", p.Image)
	addSnapshot(p.Plan, snapshotter, s, name, p.Image, &p.made, func() string { return left() + ". " })
	return nil
}

// Proves that a server made from the image becomes healthy on its own.
func (p *imagePlan) boot() {
	if p.InTemplate {
		p.would("NOT boot a server from it: the launch template names the image for new servers, so watch " +
			"the first one")
		return
	}
	name, fresh := p.temporary(2), p.with(nil)
	notNoted := func() string {
		return fmt.Sprintf("The image %s (%s) exists, but no server booted from it, so its ID was not saved. ",
			p.Image, p.made.ID)
	}
	p.add("destroy "+name+" of an earlier run", notNoted, func(ctx context.Context, r report) (err error) {
		if fresh.Provider, err = p.Open(p.made.ID); err != nil {
			return err
		}
		servers, err := fresh.Provider.List(ctx)
		if err != nil {
			return err
		}
		if i := indexOf(servers, name); i >= 0 {
			return fresh.end(ctx, r, &servers[i])
		}
		return nil
	})
	s, _ := p.temporaryServer(fresh, name, "; it boots from the new image, and is then destroyed", notNoted)
	p.addOf(s, "destroy "+name, func() string { return p.costs(s) }, fresh.untilDestroyed)
}

func (p *imagePlan) note() {
	if p.File == "" {
		return
	}
	p.would("save its ID in %s", p.File)
	p.add("save the image's ID in "+p.File, p.result, func(context.Context, report) error { return p.Note(p.made.ID) })
}

func (p *imagePlan) result() string {
	switch {
	case p.InTemplate:
		return fmt.Sprintf("the image %s is %s. Create a version of the launch template with it", p.Image, p.made.ID)
	case p.File != "":
		return fmt.Sprintf("the image %s is %s, saved as DIGITALOCEAN_IMAGE in %s. A bot uses it from its next start",
			p.Image, p.made.ID, p.File)
	}
	return fmt.Sprintf("the image %s is %s. To use it for new servers, set\nDIGITALOCEAN_IMAGE=%[2]s",
		p.Image, p.made.ID)
}
