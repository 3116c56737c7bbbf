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

// Create orders a droplet with the pool's tag. DigitalOcean allows duplicate names, so Create first looks for the name
// under the tag. It sends the order once.
func (p *Provider) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	op := "create the server " + web.Line(o.Name)
	if !hostName(o.Name) {
		return pool.Server{}, refusal(op,
			"invalid name: must be a host name of at most 255 letters, digits, '.' and '-'")
	}
	// One at a time: of two orders for the same name, the second then finds the first one's droplet.
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
			return errors.New("the answer contains no droplet")
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
	list := []godo.DropletCreateSSHKey{} // DigitalOcean rejects null
	for _, key := range keys {
		if n, err := strconv.Atoi(key); err == nil {
			list = append(list, godo.DropletCreateSSHKey{ID: n})
		} else {
			list = append(list, godo.DropletCreateSSHKey{Fingerprint: key})
		}
	}
	return list
}

// A number is an image's id. Anything else is the name of one of the account's images, or else a slug.
func (p *Provider) image(ctx context.Context) (godo.DropletCreateImage, error) {
	const op = "find the image"
	if p.o.Image == "" {
		return godo.DropletCreateImage{},
			refusal(op, "DIGITALOCEAN_IMAGE is not set. Set it to the id or name of a snapshot, or to a slug such as "+
				"ubuntu-24-04-x64")
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
			refusal(op, fmt.Sprintf("%q is in %s, not in the pool's region %s. Copy it with `doctl compute "+
				"image-action "+
				"transfer`",
				p.o.Image, web.Line(elsewhere), p.o.Region))
	case !web.Only(p.o.Image, web.Letters+web.Digits+"-._", 255):
		return godo.DropletCreateImage{},
			refusal(op, fmt.Sprintf("the account has no snapshot or custom image named %q. Run autoscalebot servers "+
				"images to list them", p.o.Image))
	}
	return godo.DropletCreateImage{Slug: p.o.Image}, nil
}
