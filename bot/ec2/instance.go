package ec2

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

type instance struct {
	ID        string     `xml:"instanceId"`
	Type      string     `xml:"instanceType"`
	State     string     `xml:"instanceState>name"`
	Launched  time.Time  `xml:"launchTime"`
	PrivateIP string     `xml:"privateIpAddress"`
	PublicIP  string     `xml:"ipAddress"`
	Lifecycle string     `xml:"instanceLifecycle"`
	Tags      []tag      `xml:"tagSet>item"`
	Reason    reasonText `xml:"stateReason"`
}

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type reasonText struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

const (
	pending      = "pending"
	running      = "running"
	shuttingDown = "shutting-down"
	terminated   = "terminated"
	stopping     = "stopping"
	stopped      = "stopped"
)

// A terminated instance is gone, and has no state in the pool.
var states = map[string]pool.State{
	pending: pool.Making, running: pool.Active, shuttingDown: pool.Ending, stopping: pool.Off, stopped: pool.Off,
}

func (i instance) tag(key string) string {
	for _, t := range i.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

func (p *Provider) server(i instance) pool.Server {
	s := pool.Server{
		ID: i.ID, Name: i.tag("Name"), Address: i.PrivateIP, State: states[i.State], Size: i.Type,
		Price: p.price(i.Type), Created: i.Launched,
	}
	if p.o.Public {
		s.Address = i.PublicIP
	}
	switch {
	case i.State == running && s.Address == "" && p.o.Public:
		s.Note = "it has no public IP address"
	case s.State == pool.Ending || s.State == pool.Off:
		s.Note = i.State
		if i.Reason.Message != "" {
			s.Note += ": " + web.Line(i.Reason.Message)
		}
	case i.Lifecycle != "":
		s.Note = i.Lifecycle // "spot": AWS may reclaim it
	}
	return s
}
