package digitalocean

import (
	"context"
	"net/http"
	"strconv"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// DigitalOcean makes one change to a balancer at a time, and refuses others meanwhile. They wait.
func (b *LoadBalancer) change(ctx context.Context, op string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	for waits := polls(); ; {
		err := b.p.call(ctx, op, f)
		if !busy(err) || !web.Wait(ctx, waits.NextBackOff()) {
			return err
		}
	}
}

func (b *LoadBalancer) add(ctx context.Context, lb *godo.LoadBalancer, id int) error {
	if lb.Tag == "" {
		_, err := b.p.api.LoadBalancers.AddDroplets(ctx, lb.ID, id)
		return err
	}
	tag := func() error {
		_, err := b.p.api.Tags.TagResources(ctx, lb.Tag, &godo.TagResourcesRequest{Resources: droplet(id)})
		return err
	}
	err := tag()
	if !is(err, http.StatusNotFound) {
		return err
	}
	// A balancer may have a tag that nothing has had yet.
	if _, _, err := b.p.api.Tags.Create(ctx, &godo.TagCreateRequest{Name: lb.Tag}); err != nil {
		return err
	}
	return tag()
}

func (b *LoadBalancer) remove(ctx context.Context, lb *godo.LoadBalancer, id int) error {
	if lb.Tag == "" {
		_, err := b.p.api.LoadBalancers.RemoveDroplets(ctx, lb.ID, id)
		return err
	}
	_, err := b.p.api.Tags.UntagResources(ctx, lb.Tag, &godo.UntagResourcesRequest{Resources: droplet(id)})
	return err
}

func droplet(id int) []godo.Resource {
	return []godo.Resource{{ID: strconv.Itoa(id), Type: godo.DropletResourceType}}
}
