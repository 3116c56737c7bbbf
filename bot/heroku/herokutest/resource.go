package herokutest

import (
	"cmp"
	"fmt"
	"time"
)

type object = map[string]any

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func stampIf(is bool, t time.Time) any {
	if !is {
		return nil
	}
	return stamp(t)
}

func (a Account) owner() object { return object{"email": a.Email, "id": uuid("account", a.Email)} }

func (a Account) resource() object {
	born := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	return object{
		"allow_tracking":            true,
		"beta":                      false,
		"country_of_residence":      nil,
		"created_at":                stamp(born),
		"default_organization":      nil,
		"default_team":              nil,
		"delinquent_at":             stampIf(a.Delinquent, born),
		"email":                     a.Email,
		"federated":                 false,
		"id":                        uuid("account", a.Email),
		"identity_provider":         nil,
		"last_login":                nil,
		"name":                      nil,
		"sms_number":                nil,
		"suspended_at":              stampIf(a.Suspended, born),
		"two_factor_authentication": false,
		"updated_at":                stamp(born),
		"verified":                  true,
	}
}

func (a *app) ref() object { return object{"id": a.id(), "name": a.Name} }

func (a *app) canonicalWebURL() string { return fmt.Sprintf("https://%s.herokuapp.com/", a.Name) }

func (a *app) resource(owner Account) object {
	stack := object{"id": uuid("stack", "heroku-24"), "name": "heroku-24"}
	return object{
		"acm":                            false,
		"archived_at":                    nil,
		"build_stack":                    stack,
		"buildpack_provided_description": "Go",
		"created_at":                     stamp(a.created),
		"git_url":                        fmt.Sprintf("https://git.heroku.com/%s.git", a.Name),
		"id":                             a.id(),
		"internal_routing":               nil,
		"maintenance":                    a.Maintenance,
		"name":                           a.Name,
		"organization":                   nil,
		"owner":                          owner.owner(),
		"region":                         object{"id": uuid("region", region), "name": region},
		"released_at":                    a.releasedAt(),
		"repo_size":                      nil,
		"slug_size":                      nil,
		"space":                          nil,
		"stack":                          stack,
		"team":                           nil,
		"updated_at":                     stamp(a.created),
		"web_url":                        cmp.Or(a.WebURL, a.canonicalWebURL()),
	}
}

func (p *process) resource(a *app) object {
	return object{
		"app":        a.ref(),
		"command":    p.Command,
		"created_at": stamp(a.created),
		"id":         p.id(a),
		"quantity":   p.Quantity,
		"size":       p.Size,
		"type":       p.Type,
		"updated_at": stamp(p.updated),
	}
}

func (a *app) formation() []object {
	out := []object{}
	for _, p := range a.processes {
		out = append(out, p.resource(a))
	}
	return out
}
