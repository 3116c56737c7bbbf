package ec2test

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	pending      = "pending"
	running      = "running"
	shuttingDown = "shutting-down"
	terminated   = "terminated"
	stopping     = "stopping"
	stopped      = "stopped"
)

// An instance is shown for this long after its end, and a client token is known for the second time.
const (
	shown      = time.Hour
	remembered = 24 * time.Hour
)

// An Instance is an EC2 instance in its true state, which reads may not show yet.
type Instance struct {
	ID, Type, State string
	Tags            map[string]string
	Made            time.Time
	PrivateIP       string
	PublicIP        string // empty while off
	NeverEnds       bool   // protected against termination
}

type instance struct {
	Instance
	token, order string    // client token, and the order sent with it
	since        time.Time // start of its state
	born         time.Time // start of its Lag; zero for instances of the set-up
	before       *Instance // shown until since + Lag; nil means nothing
	public       string
}

// AddInstance adds a running instance and returns its id.
func (s *Server) AddInstance(kind string, tags map[string]string) (id string) {
	defer s.Lock()()
	i := s.make(kind, tags)
	i.State, i.PublicIP = running, i.public
	i.since, i.born = time.Time{}, time.Time{}
	return i.ID
}

// Instances returns all instances that are not terminated.
func (s *Server) Instances() []Instance {
	defer s.Lock()()
	var out []Instance
	for _, i := range s.instances {
		if s.now(i); i.State != terminated {
			out = append(out, i.copy())
		}
	}
	return out
}

// Change calls fn to change an instance, as another user of the account would. It reports whether the id exists.
func (s *Server) Change(id string, fn func(*Instance)) bool {
	defer s.Lock()()
	i := s.instance(id)
	if i == nil {
		return false
	}
	state := i.State
	fn(&i.Instance)
	if i.State != state {
		s.turn(i, i.State)
	}
	return true
}

func (i *instance) copy() Instance {
	c := i.Instance
	c.Tags = maps.Clone(c.Tags)
	return c
}

func (s *Server) make(kind string, tags map[string]string) *instance {
	n := len(s.instances) + 1
	i := &instance{since: time.Now(), born: time.Now()}
	i.Instance = Instance{
		ID: s.newID("i-"), Type: kind, State: pending, Tags: tags, Made: time.Now().UTC().Truncate(time.Second),
		PrivateIP: "10.0." + strconv.Itoa(n/250) + "." + strconv.Itoa(n%250+1),
	}
	i.public = "203.0.113." + strconv.Itoa(n%250+1)
	s.instances = append(s.instances, i)
	return i
}

func (s *Server) instance(id string) *instance {
	for _, i := range s.instances {
		if i.ID == id {
			s.now(i)
			return i
		}
	}
	return nil
}

func (s *Server) turn(i *instance, to string) {
	before := i.copy()
	i.before, i.since, i.State = &before, time.Now(), to
}

func (s *Server) now(i *instance) {
	past := time.Since(i.since)
	switch {
	case i.State == pending && past >= s.Boot:
		i.State, i.PublicIP = running, i.public
	case i.State == stopping && past >= s.Stop:
		i.State, i.PublicIP = stopped, ""
	case i.State == shuttingDown && past >= s.End:
		i.State, i.PublicIP, i.since = terminated, "", i.since.Add(s.End)
	}
}

// As reads show it; nil if they do not.
func (s *Server) seen(i *instance) *Instance {
	s.now(i)
	switch {
	case time.Since(i.since) < s.Lag:
		return i.before
	case i.State == terminated && time.Since(i.since) >= shown:
		return nil
	}
	c := i.copy()
	return &c
}

func (s *Server) runInstances(p url.Values) ([]node, *failure) {
	t, bad := s.template(p, "LaunchTemplate.", p.Get("LaunchTemplate.Version"))
	if bad != nil {
		return nil, bad
	}
	kind := cmp.Or(p.Get("InstanceType"), t.Type)
	if p.Get("MinCount") != "1" || p.Get("MaxCount") != "1" {
		return nil, refuse("InvalidParameterValue", "this fake makes one instance a call")
	}
	if _, ok := types()[kind]; !ok {
		return nil, refuse("InvalidParameterValue", "Invalid value '%s' for InstanceType.", kind)
	}
	if t.Image == "" {
		return nil, refuse("MissingParameter", "The request must contain the parameter ImageId")
	}
	if p.Get("DryRun") == "true" {
		return nil, &failure{
			http.StatusPreconditionFailed, "DryRunOperation",
			"Request would have succeeded, but DryRun flag is set.",
		}
	}
	token, order := p.Get("ClientToken"), p.Encode()
	if len(token) > 64 {
		return nil, refuse("InvalidParameterValue", "The client token is longer than 64 characters")
	}
	living := 0
	for _, i := range s.instances {
		s.now(i)
		switch known := token != "" && i.token == token && time.Since(i.Made) < remembered; {
		case known && i.order != order:
			return nil, refuse("IdempotentParameterMismatch",
				"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
		case known && i.State == terminated:
			return nil, refuse("IdempotentInstanceTerminated",
				"The request cannot be completed because the instance '%s' has been terminated.", i.ID)
		case known:
			return []node{
				tx("reservationId", "r-1"),
				list("instancesSet", "item", []Instance{i.copy()}, showInstance),
			}, nil
		}
		if i.State != terminated {
			living++
		}
	}
	if s.Limit > 0 && living >= s.Limit {
		return nil, refuse("InstanceLimitExceeded",
			"You have requested more instances (%d) than your current instance limit of %d allows.", living+1, s.Limit)
	}
	i := s.make(kind, tagsOf(p))
	i.token, i.order = token, order
	return []node{tx("reservationId", "r-1"), list("instancesSet", "item", []Instance{i.copy()}, showInstance)}, nil
}

func showInstance(i Instance) []node {
	codes := map[string]int{pending: 0, running: 16, shuttingDown: 32, terminated: 48, stopping: 64, stopped: 80}
	nodes := []node{
		tx("instanceId", i.ID), tx("imageId", "ami-0abc"),
		el("instanceState", num("code", codes[i.State]), tx("name", i.State)),
		tx("instanceType", i.Type), at("launchTime", i.Made),
		el("placement", tx("availabilityZone", Region+"a"), tx("tenancy", "default")),
		tagSet(i.Tags),
	}
	if i.State != terminated {
		nodes = append(nodes, tx("privateIpAddress", i.PrivateIP))
	}
	if i.PublicIP != "" {
		nodes = append(nodes, tx("ipAddress", i.PublicIP))
	}
	if i.State == terminated || i.State == shuttingDown {
		nodes = append(nodes, el("stateReason", tx("code", "Client.UserInitiatedShutdown"),
			tx("message", "Client.UserInitiatedShutdown: User initiated shutdown")))
	}
	return nodes
}

func (s *Server) describeInstances(p url.Values) ([]node, *failure) {
	ids := values(p, "InstanceId")
	if len(ids) > 0 && p.Has("MaxResults") {
		return nil, refuse("InvalidParameterCombination",
			"The parameter instancesSet cannot be used with the parameter maxResults")
	}
	for _, id := range ids {
		if bad := s.wantInstance(id, true); bad != nil {
			return nil, bad
		}
	}
	var found []Instance
	for _, i := range s.instances {
		v := s.seen(i)
		if v == nil || len(ids) > 0 && !slices.Contains(ids, v.ID) {
			continue
		}
		fits := true
		for name, wants := range filters(p) {
			has := ""
			key, isTag := strings.CutPrefix(name, "tag:")
			switch {
			case isTag:
				has = v.Tags[key]
			case name == "instance-state-name":
				has = v.State
			default:
				return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", name)
			}
			fits = fits && slices.Contains(wants, has)
		}
		if fits {
			found = append(found, *v)
		}
	}
	return paged(s, p, "reservationSet", found, func(i Instance) []node {
		return []node{
			tx("reservationId", "r-"+i.ID[2:]), tx("ownerId", account), el("groupSet"),
			list("instancesSet", "item", []Instance{i}, showInstance),
		}
	})
}

func (s *Server) wantInstance(id string, read bool) *failure {
	if !strings.HasPrefix(id, "i-") {
		return refuse("InvalidInstanceID.Malformed", "Invalid id: \"%s\"", id)
	}
	i := s.instance(id)
	// Changes see an instance as soon as reads do, and an ended one a while longer.
	if i == nil || time.Since(i.born) < s.Lag || read && s.seen(i) == nil {
		return refuse("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", id)
	}
	return nil
}

func (s *Server) change(p url.Values, to string, from ...string) ([]node, *failure) {
	var changed []node
	for _, id := range values(p, "InstanceId") {
		if bad := s.wantInstance(id, false); bad != nil {
			return nil, bad
		}
		i := s.instance(id)
		old := i.State
		switch {
		case to == shuttingDown && i.NeverEnds:
			return nil, refuse("OperationNotPermitted",
				"The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute "+
					"and try again.", id)
		case slices.Contains(from, old):
			s.turn(i, to)
		case to == shuttingDown && old == terminated, to == stopping && old == stopped, to == pending &&
			old == running, old == to:
		default:
			return nil, refuse("IncorrectInstanceState",
				"The instance '%s' is not in a state from which it can be changed to '%s'.", id, to)
		}
		changed = append(changed, el("item", tx("instanceId", id), el("currentState", tx("name", i.State)),
			el("previousState", tx("name", old))))
	}
	return []node{el("instancesSet", changed...)}, nil
}

func (s *Server) terminateInstances(p url.Values) ([]node, *failure) {
	return s.change(p, shuttingDown, pending, running, stopping, stopped)
}

func (s *Server) stopInstances(p url.Values) ([]node, *failure) {
	return s.change(p, stopping, running, pending)
}

func (s *Server) startInstances(p url.Values) ([]node, *failure) {
	return s.change(p, pending, stopped)
}

func (s *Server) modifyInstanceAttribute(p url.Values) ([]node, *failure) {
	id, kind := p.Get("InstanceId"), p.Get("InstanceType.Value")
	if bad := s.wantInstance(id, false); bad != nil {
		return nil, bad
	}
	i := s.instance(id)
	if _, ok := types()[kind]; !ok {
		return nil, refuse("InvalidInstanceAttributeValue", "The instance type '%s' is not supported", kind)
	}
	if i.State != stopped {
		return nil, refuse("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", id)
	}
	i.Type = kind
	return []node{tx("return", "true")}, nil
}
