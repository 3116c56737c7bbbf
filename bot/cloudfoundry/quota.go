package cloudfoundry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

type quota struct {
	ofSpace  bool // otherwise the org's
	resource string
	each     bool // it limits one instance, not all of them
}

// The Cloud Controller's messages are like "memory space_quota_exceeded". Its process model has quotas for memory,
// app_instance_limit and log_rate_limit.
func quotaOf(message string) (q quota, exceeded bool) {
	what, reason, ok := strings.Cut(message, " ")
	if !ok || !strings.HasSuffix(reason, "_exceeded") {
		return quota{}, false
	}
	q.ofSpace = strings.HasPrefix(reason, "space_")
	q.each = strings.Contains(reason, "instance_memory_limit")
	switch what {
	case "memory":
		q.resource = "memory"
	case "app_instance_limit":
		q.resource = "instances"
	case "log_rate_limit":
		q.resource = "log rate"
	default:
		return quota{}, false
	}
	return q, true
}

func (q quota) of() string {
	if q.ofSpace {
		return "space"
	}
	return "org"
}

func (q quota) hint() string {
	what := q.resource
	if q.each {
		what = "memory of one instance"
	}
	return fmt.Sprintf("the %s's quota of %s does not allow more. Lower the maximum, or raise the quota (`cf "+
		"update-%s-quota`)", q.of(), what, q.of())
}

func (p *Platform) nameQuota(ctx context.Context, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusUnprocessableEntity {
		return err
	}
	q, exceeded := quotaOf(e.Message)
	if !exceeded {
		return err
	}
	space, org, lerr := p.quotas(ctx)
	l := org
	if q.ofSpace {
		l = space
	}
	if lerr == nil && l.name != "" {
		e.Hint = fmt.Sprintf("this is the %s's quota %q%s. Lower the maximum, or raise the quota (`cf "+
			"update-%s-quota`)", q.of(), l.name, l.text(q), q.of())
	}
	return e
}

// 0 means no limit.
type limit struct {
	name              string
	memory, instances int // MB, and number, for all started apps together
	each              int // MB for one instance
}

func (l limit) text(q quota) string {
	switch {
	case q.each && l.each > 0:
		return fmt.Sprintf(", with %d MB per instance", l.each)
	case q.resource == "memory" && l.memory > 0:
		return fmt.Sprintf(", with %d MB for all apps together", l.memory)
	case q.resource == "instances" && l.instances > 0:
		return fmt.Sprintf(", with %d instances for all apps together", l.instances)
	}
	return ""
}

func (p *Platform) readLimit(ctx context.Context, path string, to link) (limit, error) {
	if to.Data.GUID == "" {
		return limit{}, nil
	}
	var q quotaResource
	err := p.get(ctx, path+url.PathEscape(to.Data.GUID), &q)
	return limit{web.Line(q.Name), q.Apps.MemoryMB, q.Apps.Instances, q.Apps.InstanceMB}, err
}

func (p *Platform) quotas(ctx context.Context) (space, org limit, err error) {
	at, err := p.place(ctx)
	if err != nil {
		return space, org, err
	}
	var s, o owner
	if err := p.get(ctx, "/v3/spaces/"+url.PathEscape(at.space), &s); err != nil {
		return space, org, err
	}
	space, err = p.readLimit(ctx, "/v3/space_quotas/", s.Relationships.Quota)
	if err != nil || s.Relationships.Organization.Data.GUID == "" {
		return space, org, err
	}
	err = p.get(ctx, "/v3/organizations/"+url.PathEscape(s.Relationships.Organization.Data.GUID), &o)
	if err != nil {
		return space, org, err
	}
	org, err = p.readLimit(ctx, "/v3/organization_quotas/", o.Relationships.Quota)
	return space, org, err
}
