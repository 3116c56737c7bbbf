package cloudfoundry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// DisableLabel is the label that keeps autoscalers from changing an app's instances, whatever its value. It is Cloud
// Foundry's App Autoscaler's.
//
//	cf set-label app my-app app-autoscaler.cloudfoundry.org/disable-autoscaling=true
const DisableLabel = "app-autoscaler.cloudfoundry.org/disable-autoscaling"

// The state of an app that somebody started and nobody stopped, whether or not its instances run.
const started = "STARTED"

// LeftAlone returns why the app is left alone as of the last Size: it is stopped, or has the label [DisableLabel]. ""
// means that it is not left alone.
func (p *Platform) LeftAlone() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.leftAlone
}

func whyLeftAlone(a app) string {
	if a.State != started {
		return "the app is stopped"
	}
	if _, set := a.Metadata.Labels[DisableLabel]; set {
		return "the app has the label " + DisableLabel
	}
	return ""
}

type place struct{ guid, space string }

func (p *Platform) place(ctx context.Context) (place, error) {
	p.mu.Lock()
	at := p.found
	p.mu.Unlock()
	if at.guid != "" {
		return at, nil
	}
	a, err := p.readApp(ctx)
	if err != nil {
		return place{}, err
	}
	return placeOf(a), nil
}

func placeOf(a app) place { return place{guid: a.GUID, space: a.Relationships.Space.Data.GUID} }

// If an app found by its name no longer exists, it is looked up again: somebody may have deleted it and pushed it
// again.
func (p *Platform) readApp(ctx context.Context) (app, error) {
	p.mu.Lock()
	guid := p.found.guid
	p.mu.Unlock()
	if guid == "" && web.IsUUID(p.o.App) {
		guid = p.o.App
	}
	if guid != "" {
		var a app
		err := p.get(ctx, "/v3/apps/"+guid, &a)
		if e, ok := web.As(err); !ok || e.Status != http.StatusNotFound || web.IsUUID(p.o.App) {
			return p.keep(a, err)
		}
	}
	return p.keep(p.lookUp(ctx))
}

func (p *Platform) keep(a app, err error) (app, error) {
	switch {
	case err != nil:
		return app{}, err
	case !plain(a.GUID) || a.Name == "" || a.State == "":
		return app{}, errors.New("it has no GUID, no name or no state")
	}
	p.mu.Lock()
	p.found = placeOf(a)
	p.mu.Unlock()
	return a, nil
}

func (p *Platform) lookUp(ctx context.Context) (app, error) {
	space := p.o.Space
	if !web.IsUUID(space) {
		var err error
		if space, err = p.spaceGUID(ctx); err != nil {
			return app{}, err
		}
	}
	found, err := list[app](ctx, p.client, "/v3/apps", url.Values{"names": {p.o.App}, "space_guids": {space}})
	if err != nil {
		return app{}, err
	}
	if len(found) == 0 {
		return app{}, &Error{
			Message: fmt.Sprintf("there is no app %q in %s, or these credentials may not see it",
				web.Line(p.o.App), p.where()),
			Hint: "run `cf apps` to list the apps of the space. The user must be a space developer there",
		}
	}
	return found[0], nil
}

func (p *Platform) where() string {
	if p.o.Org == "" {
		return "the space " + web.Line(p.o.Space)
	}
	return fmt.Sprintf("the space %s of the org %s", web.Line(p.o.Space), web.Line(p.o.Org))
}

func (p *Platform) spaceGUID(ctx context.Context) (string, error) {
	org := p.o.Org
	if !web.IsUUID(org) {
		found, err := list[owner](ctx, p.client, "/v3/organizations", url.Values{"names": {org}})
		switch {
		case err != nil:
			return "", err
		case len(found) == 0:
			return "", &Error{
				Message: fmt.Sprintf("there is no org %q, or these credentials may not see it", web.Line(org)),
				Hint:    "run `cf orgs` to list the orgs that you may see",
			}
		}
		org = found[0].GUID
	}
	found, err := list[owner](ctx, p.client, "/v3/spaces",
		url.Values{"names": {p.o.Space}, "organization_guids": {org}})
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", &Error{
			Message: fmt.Sprintf("there is no space %q in the org %s, or these credentials may not see it",
				web.Line(p.o.Space), web.Line(p.o.Org)),
			Hint: "run `cf spaces` to list the spaces of the org",
		}
	}
	return found[0].GUID, nil
}

// WebURL returns the URL of the app's first route that is reachable from outside, which excludes TCP routes and
// internal domains.
func (p *Platform) WebURL(ctx context.Context) (string, error) {
	found := ""
	err := p.do(ctx, "read the routes of "+web.Line(p.o.App), func(ctx context.Context) error {
		app, err := p.place(ctx)
		if err != nil {
			return err
		}
		routes, err := list[route](ctx, p.client, "/v3/routes", url.Values{"app_guids": {app.guid}})
		if err != nil {
			return err
		}
		for _, r := range routes {
			outside, err := p.outside(ctx, r)
			if err != nil {
				return err
			}
			if outside {
				found, err = webURL(r.URL)
				return err
			}
		}
		return &Error{
			Message: "the app has no route that is reachable from outside",
			Hint:    "use an absolute heartbeat URL, or map a route with `cf map-route`",
		}
	})
	return found, err
}

func (p *Platform) outside(ctx context.Context, r route) (bool, error) {
	guid := r.Relationships.Domain.Data.GUID
	switch {
	case r.Protocol == "tcp":
		return false, nil
	case !plain(guid):
		return false, errors.New("it has a route without a domain")
	}
	var d domain
	err := p.get(ctx, "/v3/domains/"+guid, &d)
	return err == nil && !d.Internal, err
}

// A route has no scheme. Cloud Foundry's router uses TLS; a test's router on this machine does not.
func webURL(route string) (string, error) {
	u, err := url.Parse("https://" + route)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("it has a route with an invalid URL")
	}
	if web.Loopback(u.Hostname()) {
		u.Scheme = "http"
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}
