package ec2

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const (
	// Its value is the server that an image was made of.
	imageTag = "autoscalebot:server"
	poll     = 10 * time.Second
)

// Snapshot makes an image of a server and waits until it is available. The server keeps running, so the image holds its
// disks as after a power failure. Switch it off first if that is not good enough. Repeated for the same server and
// name, it waits for the image under way.
func (p *Provider) Snapshot(ctx context.Context, id, name string, progress func(string)) (pool.Image, error) {
	op := "make the image " + web.Line(name) + " of the server " + web.Line(id)
	if strings.Trim(name, web.Letters+web.Digits+" ()./-'@_[]") != "" || len(name) < 3 || len(name) > 128 {
		return pool.Image{}, named(op, errors.New("invalid name: must be 3 to 128 letters, digits, spaces or any of "+
			"( ) . / - ' @ _ [ ]"))
	}
	var imageID string
	err := do(ctx, op, func(ctx context.Context) (err error) {
		if _, err := p.describe(ctx, id); err != nil {
			return err
		}
		imageID, err = p.createImage(ctx, id, name)
		return err
	})
	if err != nil {
		return pool.Image{}, err
	}
	progress("creating the image " + imageID)
	for start := time.Now(); ; {
		if web.Sleep(ctx, poll) != nil {
			return pool.Image{}, named(op, fmt.Errorf("%w: AWS continues to create the image %s", ctx.Err(), imageID))
		}
		var list []image
		err := do(ctx, op, func(ctx context.Context) (err error) {
			list, err = p.client.images(ctx, url.Values{"ImageId.1": {imageID}})
			return err
		})
		took := time.Since(start).Round(time.Second)
		switch {
		case ctx.Err() != nil:
			return pool.Image{}, named(op, fmt.Errorf("%w: AWS continues to create the image %s", ctx.Err(), imageID))
		case took < settling && (codeOf(err) == "InvalidAMIID.NotFound" || err == nil && len(list) == 0):
			// EC2's reads do not show it yet.
		case err != nil:
			return pool.Image{}, err
		case len(list) == 0:
			return pool.Image{}, named(op, fmt.Errorf("the image %s is gone", imageID))
		case list[0].State == "available":
			return list[0].image(), nil
		case list[0].State != "pending":
			return pool.Image{}, named(op,
				fmt.Errorf("the image %s is %s: %s", imageID, web.Line(list[0].State),
					web.Line(list[0].Reason.Message)))
		}
		progress(fmt.Sprintf("creating the image %s: %v", imageID, took))
	}
}

func (p *Provider) createImage(ctx context.Context, id, name string) (string, error) {
	var a struct {
		ID string `xml:"imageId"`
	}
	err := p.client.call(ctx, serviceEC2, once, "CreateImage", url.Values{
		"InstanceId": {id}, "Name": {name}, "NoReboot": {"true"},
		"TagSpecification.1.ResourceType": {"image"},
		"TagSpecification.1.Tag.1.Key":    {poolTag},
		"TagSpecification.1.Tag.1.Value":  {p.o.Pool},
		"TagSpecification.1.Tag.2.Key":    {imageTag},
		"TagSpecification.1.Tag.2.Value":  {id},
	}, &a)
	if codeOf(err) != "InvalidAMIName.Duplicate" {
		return a.ID, err
	}
	list, errList := p.client.images(ctx,
		url.Values{"Owner.1": {"self"}, "Filter.1.Name": {"name"}, "Filter.1.Value.1": {name}})
	if errList != nil {
		return "", errList
	}
	ours := func(i image) bool {
		return slices.Contains(i.Tags, tag{imageTag, id}) &&
			slices.Contains(i.Tags, tag{poolTag, p.o.Pool}) && i.Name == name
	}
	if at := slices.IndexFunc(list, ours); at >= 0 {
		return list[at].ID, nil
	}
	return "", err
}
