package digitalocean

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Sizes lists the sizes available in the region, cheapest first.
func (p *Provider) Sizes(ctx context.Context) ([]pool.Size, error) {
	list, err := p.sizes(ctx)
	if err != nil {
		return nil, err
	}
	sizes := make([]pool.Size, 0, len(list))
	for _, s := range list {
		sizes = append(sizes, pool.Size{Name: web.Line(s.Slug), CPUs: s.Vcpus, Memory: s.Memory, Price: s.PriceHourly})
	}
	slices.SortStableFunc(sizes, func(a, b pool.Size) int {
		return cmp.Or(cmp.Compare(a.Price, b.Price), cmp.Compare(a.Memory, b.Memory), cmp.Compare(a.Name, b.Name))
	})
	return sizes, nil
}

func (p *Provider) sizes(ctx context.Context) (sizes []godo.Size, err error) {
	sizes, err = listAll(ctx, p, "list the sizes", func(s godo.Size) string { return s.Slug }, p.api.Sizes.List)
	return slices.DeleteFunc(sizes, func(s godo.Size) bool {
		return !s.Available ||
			!slices.Contains(s.Regions, p.o.Region)
	}), err
}

// Images lists the account's own snapshots and custom images, newest first, without backups. It includes images in
// other regions, which cannot be used as [Options].Image.
func (p *Provider) Images(ctx context.Context) ([]pool.Image, error) {
	own, err := p.ownImages(ctx)
	if err != nil {
		return nil, err
	}
	images := make([]pool.Image, 0, len(own))
	for _, image := range own {
		images = append(images, poolImage(image))
	}
	return images, nil
}

func poolImage(i godo.Image) pool.Image {
	return pool.Image{ID: strconv.Itoa(i.ID), Name: web.Line(i.Name), Created: created(i), Size: i.SizeGigaBytes}
}

func created(i godo.Image) time.Time {
	t, _ := time.Parse(time.RFC3339, i.Created) // the zero time sorts as the oldest
	return t
}

func (p *Provider) ownImages(ctx context.Context) (images []godo.Image, err error) {
	images, err = listAll(ctx, p, "list the account's images", func(i godo.Image) int { return i.ID },
		p.api.Images.ListUser)
	images = slices.DeleteFunc(images, func(i godo.Image) bool {
		return i.Type != "snapshot" && i.Type != "custom" || i.Status != "" && i.Status != "available"
	})
	slices.SortStableFunc(images, func(a,
		b godo.Image,
	) int {
		return cmp.Or(created(b).Compare(created(a)), cmp.Compare(b.ID, a.ID))
	})
	return images, err
}
