package manual

import (
	"context"
	"fmt"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Snapshot plans to make an image of a server.
func (o *Operator) Snapshot(ctx context.Context, server, image string) (*Plan, error) {
	s, _, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	snapshotter, err := o.snapshotter()
	if err != nil {
		return nil, err
	}
	var made pool.Image
	p := &Plan{done: func() string { return fmt.Sprintf("the image %s is %s", image, made.ID) }}
	p.would("make the image %s of %s (%s); the provider charges for its storage by GB and month", image, s.Name, s.ID)
	addSnapshot(p, snapshotter, s, s.Name, image, &made, func() string { return "" })
	return p, nil
}

func (o *Operator) snapshotter() (pool.Snapshotter, error) {
	if s, ok := o.Provider.(pool.Snapshotter); ok {
		return s, nil
	}
	return nil, fmt.Errorf("POOL_PROVIDER=%s cannot make images of servers", o.ProviderName)
}

func addSnapshot(
	p *Plan, snapshotter pool.Snapshotter, s *pool.Server, name, image string, made *pool.Image, left func() string,
) {
	p.add(fmt.Sprintf("make the image %s of %s, which takes minutes", image, name), func() string {
		return left() + "The image may exist. Run autoscalebot servers images to look for " + image
	}, func(ctx context.Context, r report) (err error) {
		*made, err = snapshotter.Snapshot(ctx, s.ID, image, func(text string) { r.further("%s", text) })
		return err
	})
}
