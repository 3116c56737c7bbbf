package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Check tests everything needed to create droplets, and changes nothing: the token, the size, the image and the SSH
// keys. It reports what it found and what is wrong for each.
func (p *Provider) Check(ctx context.Context, report func(what, found string, err error)) {
	found, err := p.checkAccount(ctx)
	if !is(err, http.StatusForbidden) { // reading the account is an optional scope of a token
		report("account", found, err)
	}
	if is(err, http.StatusUnauthorized) {
		return
	}
	size, found, err := p.checkSize(ctx)
	report("size", found, err)
	found, err = p.checkImage(ctx, size)
	report("image", found, err)
	if len(p.o.SSHKeys) > 0 {
		found, err = p.checkKeys(ctx)
		report("SSH keys", found, err)
	}
	if n, ok := p.Quota(); ok {
		report("API calls", fmt.Sprintf("%d left this hour", n), nil)
	}
}

func (p *Provider) checkAccount(ctx context.Context) (found string, err error) {
	var a *godo.Account
	err = p.call(ctx, "read the account", func(ctx context.Context) error {
		a, _, err = p.api.Account.Get(ctx)
		return err
	})
	if err != nil || a == nil {
		return "", err
	}
	found = fmt.Sprintf("%s, at most %d droplets", web.Line(a.Email), a.DropletLimit)
	if a.Team != nil && a.Team.Name != "" {
		found = fmt.Sprintf("%s of the team %s, at most %d droplets", web.Line(a.Email),
			web.Line(a.Team.Name), a.DropletLimit)
	}
	if a.Status != "" && a.Status != "active" {
		err = fmt.Errorf("its status is %s: %s", web.Line(a.Status), web.Line(a.StatusMessage))
	}
	return found, err
}

func (p *Provider) checkSize(ctx context.Context) (s godo.Size, found string, err error) {
	sizes, err := p.sizes(ctx)
	if err != nil {
		return s, "", err
	}
	i := slices.IndexFunc(sizes, func(s godo.Size) bool { return strings.EqualFold(s.Slug, p.o.Size) })
	switch {
	case len(sizes) == 0:
		return s, "", fmt.Errorf("no size is available in region %s. Run `doctl compute region list` to list regions",
			p.o.Region)
	case i < 0:
		return s, "", fmt.Errorf("%s is not available in %s. Run `doctl compute size list` to list sizes",
			p.o.Size, p.o.Region)
	}
	s = sizes[i]
	return s, fmt.Sprintf("%s in %s: %d CPUs, %d MB, $%.5g an hour", web.Line(s.Slug), p.o.Region, s.Vcpus, s.Memory,
		s.PriceHourly), nil
}

func (p *Provider) checkImage(ctx context.Context, size godo.Size) (found string, err error) {
	ref, err := p.image(ctx)
	if err != nil {
		return "", err
	}
	var i *godo.Image
	err = p.call(ctx, "read the image "+p.o.Image, func(ctx context.Context) error {
		if ref.Slug != "" {
			i, _, err = p.api.Images.GetBySlug(ctx, ref.Slug)
		} else {
			i, _, err = p.api.Images.GetByID(ctx, ref.ID)
		}
		return err
	})
	e, ok := web.As(err)
	switch {
	case ok && e.Status == http.StatusNotFound:
		e.Kind = nil // ErrGone is about servers
		return "", err
	case err != nil:
		return "", err
	case i == nil:
		return "", errors.New("DigitalOcean returned no image")
	}
	found = fmt.Sprintf("%s (%s %d), needs a disk of at least %d GB", web.Line(i.Name), web.Line(i.Type),
		i.ID, i.MinDiskSize)
	switch {
	case !slices.Contains(i.Regions, p.o.Region):
		return found, fmt.Errorf("it is in %s, not in %s. Copy it with `doctl compute image-action transfer`",
			web.Line(strings.Join(i.Regions, ", ")), p.o.Region)
	case size.Slug != "" && i.MinDiskSize > size.Disk:
		return found, fmt.Errorf("the size %s has a disk of only %d GB", size.Slug, size.Disk)
	}
	return found, nil
}

func (p *Provider) checkKeys(ctx context.Context) (found string, err error) {
	keys, err := listAll(ctx, p, "list the account's SSH keys", func(k godo.Key) int { return k.ID }, p.api.Keys.List)
	if err != nil {
		return "", err
	}
	var names, missing []string
	for _, want := range p.o.SSHKeys {
		i := slices.IndexFunc(keys, func(k godo.Key) bool {
			return strconv.Itoa(k.ID) == want ||
				strings.EqualFold(k.Fingerprint, want)
		})
		if i < 0 {
			missing = append(missing, want)
			continue
		}
		names = append(names, web.Line(keys[i].Name))
	}
	if len(missing) > 0 {
		err = fmt.Errorf("the account has no key %s. Run `doctl compute ssh-key list` to list keys",
			strings.Join(missing, ", "))
	}
	return strings.Join(names, ", "), err
}

// Check tests the load balancer.
func (b *LoadBalancer) Check(ctx context.Context, report func(what, found string, err error)) {
	r, err := b.read(ctx)
	if r.lb == nil {
		report("load balancer", "", err)
		return
	}
	found := b.name(r) + ", which lists its droplets by id"
	if r.lb.Tag != "" {
		found = fmt.Sprintf("%s, which takes droplets with the tag %s", b.name(r), web.Line(r.lb.Tag))
	}
	if h := r.lb.HealthCheck; h != nil {
		found += fmt.Sprintf("; health check: %s on port %d", web.Line(h.Protocol), h.Port)
		if h.Path != "" {
			found += " at " + web.Line(h.Path)
		}
		found += fmt.Sprintf(", every %d s", h.CheckIntervalSeconds)
	}
	if err == nil && r.lb.Status != "active" {
		err = fmt.Errorf("its state is %s", web.Line(r.lb.Status))
	}
	report("load balancer", found, err)
}

// Quota is the quota of the provider.
func (b *LoadBalancer) Quota() (remaining int, ok bool) { return b.p.Quota() }

var _ interface {
	Check(ctx context.Context, report func(what, found string, err error))
	pool.Balancer
} = (*LoadBalancer)(nil)
