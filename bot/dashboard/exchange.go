package dashboard

import (
	"cmp"
	"time"
)

// With returns the page with other options. It replaces d: it has d's viewers, newest record and open incidents. App,
// Base, Others and Access of o are ignored, d's are kept. It shows the change to all viewers. Its error lists all
// mistakes in o.
func (d *Dashboard) With(o Options) (*Dashboard, error) {
	o.App, o.Base, o.Others, o.Access = d.o.App, d.o.Base, d.o.Others, d.o.Access
	o.Log = cmp.Or(o.Log, d.o.Log)
	next, err := New(o)
	if err != nil {
		return nil, err
	}
	next.hub, next.incidents = d.hub, d.incidents
	next.show(time.Now())
	return next, nil
}
