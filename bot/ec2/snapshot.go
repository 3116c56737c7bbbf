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
	// The value of imageTag is the server that an image was made of.
	imageTag = "autoscalebot:server"
	poll     = 10 * time.Second
)

// Snapshot makes an image of a server, and waits until it can be used. The server runs on meanwhile, so the image is
// what its disks hold at that moment, as after a loss of power; switch it off first where that is not good enough.
// Asked again for the same server and name, it waits for the image that is being made.
func (p *Provider) Snapshot(ctx context.Context, id, name string, progress func(string)) (pool.Image, error) {
	op := "make the image " + web.Line(name) + " of the server " + web.Line(id)
	if strings.Trim(name, web.Letters+web.Digits+" ()./-'@_[]") != "" || len(name) < 3 || len(name) > 128 {
		return pool.Image{}, named(op, errors.New("a name of an image has 3 to 128 letters, digits, spaces or any of "+
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
	progress("the image " + imageID + " is being made")
	for start := time.Now(); ; {
		if web.Sleep(ctx, poll) != nil {
			return pool.Image{}, named(op, fmt.Errorf("%w: AWS goes on making the image %s", ctx.Err(), imageID))
		}
		var list []image
		err := do(ctx, op, func(ctx context.Context) (err error) {
			list, err = p.client.images(ctx, url.Values{"ImageId.1": {imageID}})
			return err
		})
		took := time.Since(start).Round(time.Second)
		switch {
		case ctx.Err() != nil:
			return pool.Image{}, named(op, fmt.Errorf("%w: AWS goes on making the image %s", ctx.Err(), imageID))
		case took < settling && (codeOf(err) == "InvalidAMIID.NotFound" || err == nil && len(list) == 0):
			// EC2's reads do not know it yet.
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
		progress(fmt.Sprintf("the image %s is being made: %v", imageID, took))
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
