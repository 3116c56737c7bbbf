package cloudfoundry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/resource"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// DisableLabel is the label of an app that keeps autoscalers from changing its instances, whatever its value: that of Cloud
// Foundry's own App Autoscaler.
//
//	cf set-label app my-app app-autoscaler.cloudfoundry.org/disable-autoscaling=true
const DisableLabel = "app-autoscaler.cloudfoundry.org/disable-autoscaling"

// started is the state of an app that somebody started and nobody stopped, whether or not its instances run.
const started = "STARTED"

// LeftAlone says why the app is to be left alone as of the last Size, or "" when it isn't: somebody stopped it, or has set the
// label [DisableLabel].
func (p *Platform) LeftAlone() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.handsOff
}

func whyHandsOff(a *resource.App) string {
	if a.State != started {
		return "the app is stopped"
	}
	if a.Metadata != nil {
		if _, set := a.Metadata.Labels[DisableLabel]; set {
			return "the app has the label " + DisableLabel
		}
	}
	return ""
}

// A place is where the app is.
type place struct{ guid, space string }

// place finds the app, once.
func (p *Platform) place(ctx context.Context) (place, error) {
	p.mu.Lock()
	at := p.found
	p.mu.Unlock()
	if at.guid != "" {
		return at, nil
	}
	a, err := p.app(ctx)
	if err != nil {
		return place{}, err
	}
	return placeOf(a), nil
}

func placeOf(a *resource.App) place {
	at := place{guid: a.GUID}
	if s := a.Relationships.Space.Data; s != nil {
		at.space = s.GUID
	}
	return at
}

// app reads the app. One that was found by its name and is no more is looked for again, since somebody may have deleted and
// pushed it anew.
func (p *Platform) app(ctx context.Context) (*resource.App, error) {
	p.mu.Lock()
	guid := p.found.guid
	p.mu.Unlock()
	if guid == "" && isGUID(p.o.App) {
		guid = p.o.App
	}
	if guid != "" {
		a, err := p.api.Applications.Get(ctx, guid)
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusNotFound || isGUID(p.o.App) {
			return p.keep(a, err)
		}
	}
	return p.keep(p.lookUp(ctx))
}

// keep checks the answer about the app, and remembers where it is.
func (p *Platform) keep(a *resource.App, err error) (*resource.App, error) {
	switch {
	case err != nil:
		return nil, err
	case !web.Only(a.GUID, web.Letters+web.Digits+"-_", 128) || a.Name == "" || a.State == "":
		return nil, errors.New("it has no GUID, no name or no state")
	}
	p.mu.Lock()
	p.found = placeOf(a)
	p.mu.Unlock()
	return a, nil
}

// lookUp finds the app by its name in its space in its org.
func (p *Platform) lookUp(ctx context.Context) (*resource.App, error) {
	space := p.o.Space
	if !isGUID(space) {
		var err error
		if space, err = p.spaceGUID(ctx); err != nil {
			return nil, err
		}
	}
	o := client.NewAppListOptions()
	o.Names, o.SpaceGUIDs = one(p.o.App), one(space)
	list, _, err := p.api.Applications.List(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || list[0] == nil {
		return nil, &Error{
			Message: fmt.Sprintf("there is no app %q in %s, or these credentials may not see it", web.Line(p.o.App), p.where()),
			Hint:    "`cf apps` lists those of the space; is the user a space developer there?",
		}
	}
	return list[0], nil
}

func (p *Platform) where() string {
	if p.o.Org == "" {
		return "the space " + web.Line(p.o.Space)
	}
	return fmt.Sprintf("the space %s of the org %s", web.Line(p.o.Space), web.Line(p.o.Org))
}

func (p *Platform) spaceGUID(ctx context.Context) (string, error) {
	org := p.o.Org
	if !isGUID(org) {
		o := client.NewOrganizationListOptions()
		o.Names = one(org)
		list, _, err := p.api.Organizations.List(ctx, o)
		switch {
		case err != nil:
			return "", err
		case len(list) == 0 || list[0] == nil:
			return "", &Error{
				Message: fmt.Sprintf("there is no org %q, or these credentials may not see it", web.Line(org)),
				Hint:    "`cf orgs` lists those that you see",
			}
		}
		org = list[0].GUID
	}
	o := client.NewSpaceListOptions()
	o.Names, o.OrganizationGUIDs = one(p.o.Space), one(org)
	list, _, err := p.api.Spaces.List(ctx, o)
	switch {
	case err != nil:
		return "", err
	case len(list) == 0 || list[0] == nil:
		return "", &Error{
			Message: fmt.Sprintf("there is no space %q in the org %s, or these credentials may not see it", web.Line(p.o.Space), web.Line(p.o.Org)),
			Hint:    "`cf spaces` lists those of the org",
		}
	}
	return list[0].GUID, nil
}

func one(s string) client.Filter { return client.Filter{Values: []string{s}} }

// WebURL tells the URL of the app's first route that can be reached from outside: not one of TCP, nor one of an internal domain.
func (p *Platform) WebURL(ctx context.Context) (string, error) {
	found := ""
	err := p.do(ctx, "read the routes of "+web.Line(p.o.App), func(ctx context.Context) error {
		app, err := p.place(ctx)
		if err != nil {
			return err
		}
		o := client.NewRouteListOptions()
		o.AppGUIDs = one(app.guid)
		routes, _, err := p.api.Routes.List(ctx, o) // the library's list with domains panics where an answer has none
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
		return &Error{Message: "the app has no route that can be reached from outside", Hint: "give the heartbeat an absolute URL, or map a route with `cf map-route`"}
	})
	return found, err
}

// outside says whether a route can be reached from outside over HTTP.
func (p *Platform) outside(ctx context.Context, r *resource.Route) (bool, error) {
	switch {
	case r == nil || r.Protocol == "tcp":
		return false, nil
	case r.Relationships.Domain.Data == nil || !web.Only(r.Relationships.Domain.Data.GUID, web.Letters+web.Digits+"-_", 128):
		return false, errors.New("it has a route without a domain")
	}
	d, err := p.api.Domains.Get(ctx, r.Relationships.Domain.Data.GUID)
	if err != nil {
		return false, err
	}
	return !d.Internal, nil
}

// webURL makes a URL of a route's, which has no scheme. Cloud Foundry's router speaks TLS; a test's on this machine doesn't.
func webURL(route string) (string, error) {
	u, err := url.Parse("https://" + route)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("it has a route whose URL is none")
	}
	if web.Loopback(u.Hostname()) {
		u.Scheme = "http"
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}
