package ec2

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

type instanceType struct {
	Name   string     `xml:"instanceType"`
	CPUs   int        `xml:"vCpuInfo>defaultVCpus"`
	Memory int        `xml:"memoryInfo>sizeInMiB"`
	GPUs   []struct{} `xml:"gpuInfo>gpus>item"`
}

// Sizes lists the instance types of the region: those of Options, or all of the current generation with at most 16
// CPUs, without GPUs and bare metal. Only an order shows whether the launch template's availability zone has a type.
func (p *Provider) Sizes(ctx context.Context) ([]pool.Size, error) {
	params := url.Values{}
	for n, s := range p.o.Sizes {
		params.Set("InstanceType."+strconv.Itoa(n+1), s)
	}
	if len(p.o.Sizes) == 0 {
		for n, f := range [][]string{
			{"current-generation", "true"},
			{"bare-metal", "false"},
			{"supported-usage-class", "on-demand"},
			{"vcpu-info.default-vcpus", "1", "2", "4", "8", "16"},
		} {
			prefix := "Filter." + strconv.Itoa(n+1) + "."
			params.Set(prefix+"Name", f[0])
			for v, value := range f[1:] {
				params.Set(prefix+"Value."+strconv.Itoa(v+1), value)
			}
		}
		params.Set("MaxResults", "100")
	}
	var sizes []pool.Size
	err := do(ctx, "list the instance types", func(ctx context.Context) error {
		list, err := p.client.types(ctx, params)
		for _, t := range list {
			if len(t.GPUs) == 0 || len(p.o.Sizes) > 0 {
				sizes = append(sizes, pool.Size{Name: t.Name, CPUs: t.CPUs, Memory: t.Memory, Price: p.price(t.Name)})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(sizes, func(a, b pool.Size) int {
		return cmp.Or(cmp.Compare(a.Price, b.Price), cmp.Compare(a.CPUs, b.CPUs), cmp.Compare(a.Memory, b.Memory),
			cmp.Compare(a.Name, b.Name))
	})
	return sizes, nil
}

// Size reads one instance type, whether [Provider.Sizes] lists it or not.
func (p *Provider) Size(ctx context.Context, name string) (size pool.Size, err error) {
	err = do(ctx, "look up the instance type "+name, func(ctx context.Context) error {
		list, err := p.client.types(ctx, url.Values{"InstanceType.1": {name}})
		switch {
		case codeOf(err) == "InvalidInstanceType" || err == nil && len(list) == 0:
			return fmt.Errorf("%s does not have it", p.client.account.Region)
		case err != nil:
			return err
		}
		t := list[0]
		size = pool.Size{Name: t.Name, CPUs: t.CPUs, Memory: t.Memory, Price: p.price(t.Name)}
		return nil
	})
	return size, err
}

func (c *client) types(ctx context.Context, params url.Values) (list []instanceType, err error) {
	err = pages(params, func() (string, error) {
		var a struct {
			Types []instanceType `xml:"instanceTypeSet>item"`
			Next  string         `xml:"nextToken"`
		}
		err := c.call(ctx, serviceEC2, harmless, "DescribeInstanceTypes", params, &a)
		list = append(list, a.Types...)
		return a.Next, err
	})
	return list, err
}

type image struct {
	ID      string     `xml:"imageId"`
	Name    string     `xml:"name"`
	State   string     `xml:"imageState"`
	Created time.Time  `xml:"creationDate"`
	Disks   []int      `xml:"blockDeviceMapping>item>ebs>volumeSize"` // GiB each
	Tags    []tag      `xml:"tagSet>item"`
	Reason  reasonText `xml:"stateReason"`
}

func (i image) image() pool.Image {
	out := pool.Image{ID: i.ID, Name: i.Name, Created: i.Created}
	for _, gb := range i.Disks {
		out.Size += float64(gb)
	}
	return out
}

// Images lists the account's own available images, newest first. Size is the size of their disks; AWS stores and
// charges for less.
func (p *Provider) Images(ctx context.Context) ([]pool.Image, error) {
	var images []pool.Image
	err := do(ctx, "list the images", func(ctx context.Context) error {
		list, err := p.client.images(ctx, url.Values{
			"Owner.1": {"self"}, "Filter.1.Name": {"state"}, "Filter.1.Value.1": {"available"},
		})
		for _, i := range list {
			images = append(images, i.image())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(images, func(a, b pool.Image) int {
		return cmp.Or(b.Created.Compare(a.Created),
			cmp.Compare(a.Name, b.Name))
	})
	return images, nil
}

func (c *client) images(ctx context.Context, params url.Values) (list []image, err error) {
	err = pages(params, func() (string, error) {
		var a struct {
			Images []image `xml:"imagesSet>item"`
			Next   string  `xml:"nextToken"`
		}
		err := c.call(ctx, serviceEC2, harmless, "DescribeImages", params, &a)
		list = append(list, a.Images...)
		return a.Next, err
	})
	return list, err
}
