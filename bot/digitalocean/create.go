package digitalocean

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Create orders a droplet with the pool's tag. Names are not unique at DigitalOcean, so the name is looked for under
// the tag first. The order is sent once, whatever comes of it.
func (p *Provider) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	op := "make the server " + web.Line(o.Name)
	if !hostName(o.Name) {
		return pool.Server{}, refusal(op, "a droplet's name is a host name: letters, digits, '.' and '-', 255 at most")
	}
	// One after the other: of two orders of one name at once the second finds what the first made.
	p.making.Lock()
	defer p.making.Unlock()
	droplets, err := p.tagged(ctx, p.o.Tag)
	if err != nil {
		return pool.Server{}, fmt.Errorf("%s: %w", op, refused(err))
	}
	for i := range droplets {
		if droplets[i].Name == o.Name {
			return p.server(ctx, &droplets[i])
		}
	}
	image, err := p.image(ctx)
	if err != nil {
		return pool.Server{}, fmt.Errorf("%s: %w", op, refused(err))
	}
	req := &godo.DropletCreateRequest{
		Name: o.Name, Region: p.o.Region, Size: cmp.Or(o.Size, p.o.Size), Image: image, SSHKeys: sshKeys(p.o.SSHKeys),
		Monitoring: true, UserData: p.o.UserData, Tags: append([]string{p.o.Tag}, p.o.Tags...), VPCUUID: p.o.VPC,
	}
	var d *godo.Droplet
	err = p.call(ctx, op, func(ctx context.Context) error {
		d, _, err = p.api.Droplets.Create(ctx, req)
		if err == nil && (d == nil || d.ID <= 0) {
			return errors.New("it has no droplet")
		}
		return err
	})
	if err != nil {
		return pool.Server{}, refused(err)
	}
	return p.server(ctx, d)
}

func refusal(op, message string) *Error {
	return &Error{Op: op, Message: message, Kind: pool.ErrRefused}
}

func hostName(s string) bool {
	return s != "" && web.Only(s, web.Letters+web.Digits+".-", 255) && !strings.HasPrefix(s, "-") &&
		!strings.HasPrefix(s, ".") &&
		!strings.HasSuffix(s, "-") && !strings.HasSuffix(s, ".")
}

func sshKeys(keys []string) []godo.DropletCreateSSHKey {
	list := []godo.DropletCreateSSHKey{} // null is no list to DigitalOcean
	for _, key := range keys {
		if n, err := strconv.Atoi(key); err == nil {
			list = append(list, godo.DropletCreateSSHKey{ID: n})
		} else {
			list = append(list, godo.DropletCreateSSHKey{Fingerprint: key})
		}
	}
	return list
}

// A number is one of an image, and anything else first the name of one of the account's, and then a slug.
func (p *Provider) image(ctx context.Context) (godo.DropletCreateImage, error) {
	const op = "find the image"
	if p.o.Image == "" {
		return godo.DropletCreateImage{},
			refusal(op, "none is set: it is the number or name of a snapshot, or a slug such as ubuntu-24-04-x64")
	}
	if n, err := strconv.Atoi(p.o.Image); err == nil && n > 0 {
		return godo.DropletCreateImage{ID: n}, nil
	}
	own, err := p.ownImages(ctx)
	if err != nil {
		return godo.DropletCreateImage{}, err
	}
	elsewhere := ""
	for _, image := range own {
		switch {
		case image.Name != p.o.Image:
		case slices.Contains(image.Regions, p.o.Region):
			return godo.DropletCreateImage{ID: image.ID}, nil
		default:
			elsewhere = strings.Join(image.Regions, ", ")
		}
	}
	switch {
	case elsewhere != "":
		return godo.DropletCreateImage{},
			refusal(op, fmt.Sprintf("%q is in %s, and the pool is in %s: copy it there with `doctl compute "+
				"image-action transfer`",
				p.o.Image, web.Line(elsewhere), p.o.Region))
	case !web.Only(p.o.Image, web.Letters+web.Digits+"-._", 255):
		return godo.DropletCreateImage{},
			refusal(op, fmt.Sprintf("the account has no snapshot or custom image named %q", p.o.Image))
	}
	return godo.DropletCreateImage{Slug: p.o.Image}, nil
}
