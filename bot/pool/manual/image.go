package manual

import (
	"context"
	"fmt"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A Preparation says how an image is prepared of which a pool's servers are to be made.
type Preparation struct {
	// Image is the name that it gets.
	Image string
	// Server names one of the pool to make it of, which is drained meanwhile; empty for a temporary one.
	Server string
	// Script says what Run does to the server, empty for nothing, and User as whom.
	Script, User string
	Run          func(ctx context.Context, s pool.Server) error
	// Open opens the provider of temporary servers, which are those of another pool, named as this one with -image
	// behind. image is what they are made from, empty for what the servers of the pool are made from.
	Open func(image string) (pool.Provider, error)
	// InTemplate says that the image stands in a launch template of the provider's, so that no server can be made of
	// another.
	InTemplate bool
	// File is where Note writes down the image by its ID when it was found to boot; empty for nowhere.
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

// PrepareImage plans to change a server, to make an image of it, to boot a server from that, and to write the image
// down. After one that was cut off it goes on with the server that was made.
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
		return fmt.Sprintf("%s may be changed, and get no requests: the same command goes on, "+
			"and autoscalebot servers undrain %[1]s --yes gives it some again", s.Name)
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
	p.would("end %s", name)
	p.addOf(s, "end "+name, left, builder.end)
	return nil
}

func (p *imagePlan) temporary(n int) string { return fmt.Sprintf("%s-image-%d", p.Pool, n) }

func (p *imagePlan) with(provider pool.Provider) *Operator {
	o := *p.Operator
	o.Provider, o.Balancer = provider, nil
	return &o
}

// temporaryServer goes on with the server of that name where there is one. left says how things stand where something
// fails from then on, behind what before says.
func (p *imagePlan) temporaryServer(o *Operator, name, purpose string, before func() string) (
	s *pool.Server, left func() string,
) {
	s = &pool.Server{}
	left = func() string {
		if s.ID == "" {
			return before() + "Whether there is a " + name + " now POOL_NAME=" + p.Pool +
				"-image autoscalebot servers list tells"
		}
		return before() + p.costs(s)
	}
	p.would("make the temporary server %s%s, which costs %s, and wait until it runs%s%s",
		name, ofSize(p.size), priced(p.price), p.andHealthy(), purpose)
	o.create(p.Plan, pool.Order{Name: name, Size: p.size}, s, left)
	o.await(p.Plan, s, name, left)
	o.check(p.Plan, s, name, left)
	return s, left
}

func (p *imagePlan) costs(s *pool.Server) string {
	return fmt.Sprintf("%s (%s) is there and costs money: the same command goes on, "+
		"and POOL_NAME=%s-image autoscalebot servers destroy %[1]s --yes ends it", s.Name, s.ID, p.Pool)
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
	p.would("make the image %s of it, whose storage the provider bills by the GB and month", p.Image)
	addSnapshot(p.Plan, snapshotter, s, name, p.Image, &p.made, func() string { return left() + ". " })
	return nil
}

// boot proves that a server made from the image comes up by itself.
func (p *imagePlan) boot() {
	if p.InTemplate {
		p.would("NOT boot from it, since the launch template says from which image instances are made: watch " +
			"the first one")
		return
	}
	name, fresh := p.temporary(2), p.with(nil)
	notNoted := func() string {
		return fmt.Sprintf("The image %s (%s) is made, and was not found to boot, so it is noted nowhere. ",
			p.Image, p.made.ID)
	}
	p.add("end what is left of an earlier "+name, notNoted, func(ctx context.Context, r report) (err error) {
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
	s, _ := p.temporaryServer(fresh, name, ", this one from the new image; and end it", notNoted)
	p.addOf(s, "end "+name, func() string { return p.costs(s) }, fresh.untilDestroyed)
}

func (p *imagePlan) note() {
	if p.File == "" {
		return
	}
	p.would("note it in %s", p.File)
	p.add("note the image in "+p.File, p.result, func(context.Context, report) error { return p.Note(p.made.ID) })
}

func (p *imagePlan) result() string {
	switch {
	case p.InTemplate:
		return fmt.Sprintf("the image %s is %s; give the launch template a version with it", p.Image, p.made.ID)
	case p.File != "":
		return fmt.Sprintf("the image %s is %s, and DIGITALOCEAN_IMAGE in %s; a bot takes it when it starts",
			p.Image, p.made.ID, p.File)
	}
	return fmt.Sprintf("the image %s is %s; for servers made from now on set\nDIGITALOCEAN_IMAGE=%[2]s",
		p.Image, p.made.ID)
}
