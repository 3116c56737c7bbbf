// Package ec2test is a stateful fake of the parts of AWS that package ec2 uses: EC2's instances, images and launch
// templates, the target groups of Elastic Load Balancing, Auto Scaling groups, the security token service, and an
// instance's metadata service, all at one address.
//
// It verifies the signature of every call, as AWS does, with its own code. Time is the clock's, so a test can make it
// virtual: see [Server.RoundTrip].
package ec2test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/fault"
)

// The contents of the fake's account.
const (
	Region       = "eu-central-1"
	AccessKeyID  = "AKIAFAKEFAKEFAKEFAKE"
	SecretKey    = "fake/secret+access/key"
	SessionToken = "fake-session-token" // of the role's credentials
	Role         = "autoscalebot"
	account      = "123456789012"
)

// A Server is a fake AWS. Its fields are set before the first call, or under Lock.
type Server struct {
	// URL of the server after Start.
	URL string

	// Boot, Stop and End are the times for which an instance is pending, stopping and shutting down, Imaging that of a
	// pending image, Health that of an initial target. The default is 0.
	Boot, Stop, End, Imaging, Health time.Duration
	// Lag is the time by which EC2's reads and changes trail the true state of an instance.
	Lag time.Duration
	// Deregistration is the time for which a target drains.
	Deregistration time.Duration
	// PageSize is the maximum size of a page, whatever the call asks for; 0 means 1,000.
	PageSize int
	// Limit is the maximum number of instances in the account; 0 means unlimited.
	Limit int
	// KeysLast is the lifetime of the role's credentials; 0 means 6 hours.
	KeysLast time.Duration

	mu sync.Mutex
	resources
	caller string // the id of the key that signed the call under way
	lastID int
	calls  []Call
	faults fault.Set
}

type resources struct {
	instances []*instance
	images    []*image
	templates []*template
	targets   []*targetGroup
	groups    []*group
	roleKeys  []roleKey
}

// A Call is a received call with a valid signature.
type Call struct {
	Service string // ec2, autoscaling, elasticloadbalancing, sts
	Action  string
	Params  url.Values
}

// New makes an empty fake. It is not started.
func New() *Server { return &Server{} }

// Start serves the fake at a URL on loopback. The returned function stops it.
func (s *Server) Start() (stop func()) {
	h := httptest.NewServer(s)
	s.URL = h.URL
	return h.Close
}

// RoundTrip implements [http.RoundTripper] without a network, for tests in virtual time.
func (s *Server) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { // other panics pass through
			panic(p)
		} else if p != nil {
			resp, err = nil, fmt.Errorf("connection reset by the fake")
		}
	}()
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	s.ServeHTTP(w, in)
	return w.Result(), nil
}

// Lock blocks calls while the fields are changed. The returned function unlocks.
func (s *Server) Lock() (unlock func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// Calls returns the calls so far.
func (s *Server) Calls() []Call {
	defer s.Lock()()
	return slices.Clone(s.calls)
}

// Count returns the number of calls of an action so far, including failed ones.
func (s *Server) Count(action string) (n int) {
	for _, c := range s.Calls() {
		if c.Action == action {
			n++
		}
	}
	return n
}

// A Fault makes calls fail. Its Path is an action, or the path of a call to the metadata service.
type Fault = fault.Fault

// Throttled is AWS's answer to too many calls.
var Throttled = Fault{
	Status: http.StatusServiceUnavailable, ID: "RequestLimitExceeded",
	Message: "Request limit exceeded.",
}

// Fail makes the next n calls of an action fail, or all if n is negative; "" means every action. The returned function
// ends it.
func (s *Server) Fail(action string, n int, f Fault) (mend func()) {
	f.Path, f.Times = action, max(n, 0)
	return s.faults.Add(f)
}

type failure struct {
	status        int
	code, message string
}

func refuse(code, format string, args ...any) *failure {
	return &failure{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

func (s *Server) newID(prefix string) string {
	s.lastID++
	return fmt.Sprintf("%s%017x", prefix, 0xabc00000000000+s.lastID)
}

type action func(s *Server, p url.Values) ([]node, *failure)

// By their names in a signature.
func services() map[string]struct {
	version, namespace string
	actions            map[string]action
} {
	type service = struct {
		version, namespace string
		actions            map[string]action
	}
	return map[string]service{
		"ec2": {"2016-11-15", "http://ec2.amazonaws.com/doc/2016-11-15/", map[string]action{
			"RunInstances": (*Server).runInstances, "DescribeInstances": (*Server).describeInstances,
			"TerminateInstances": (*Server).terminateInstances, "StopInstances": (*Server).stopInstances,
			"StartInstances":          (*Server).startInstances,
			"ModifyInstanceAttribute": (*Server).modifyInstanceAttribute,
			"DescribeInstanceTypes":   (*Server).describeInstanceTypes,
			"CreateImage":             (*Server).createImage, "DescribeImages": (*Server).describeImages,
			"DescribeLaunchTemplateVersions": (*Server).describeLaunchTemplateVersions,
			"DescribeLaunchTemplates":        (*Server).describeLaunchTemplates,
		}},
		"elasticloadbalancing": {
			"2015-12-01",
			"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
			map[string]action{
				"RegisterTargets": (*Server).registerTargets, "DeregisterTargets": (*Server).deregisterTargets,
				"DescribeTargetHealth":          (*Server).describeTargetHealth,
				"DescribeTargetGroups":          (*Server).describeTargetGroups,
				"DescribeTargetGroupAttributes": (*Server).describeTargetGroupAttributes,
			},
		},
		"autoscaling": {"2011-01-01", "http://autoscaling.amazonaws.com/doc/2011-01-01/", map[string]action{
			"DescribeAutoScalingGroups": (*Server).describeGroups, "SetDesiredCapacity": (*Server).setDesiredCapacity,
			"DescribePolicies": (*Server).describePolicies,
		}},
		"sts": {"2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", map[string]action{
			"GetCallerIdentity": (*Server).getCallerIdentity,
			"AssumeRole":        (*Server).assumeRole, "AssumeRoleWithWebIdentity": (*Server).assumeRole,
		}},
	}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/latest/") {
		s.metadata(w, r)
		return
	}
	if s.lend(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name, params, bad := s.verify(r)
	service, known := services()[name]
	if bad == nil && !known {
		bad = refuse("SignatureDoesNotMatch", "Credential should be scoped to a correct service.")
	}
	if bad != nil {
		s.answerError(w, name, bad)
		return
	}
	doing := params.Get("Action")
	s.calls = append(s.calls, Call{name, doing, params})
	act, ok := service.actions[doing]
	switch {
	case params.Get("Version") != service.version:
		s.answerError(w, name, refuse("NoSuchVersion", "The requested version (%s) of service %s does not exist",
			params.Get("Version"), name))
		return
	case !ok:
		s.answerError(w, name, refuse("InvalidAction", "The action %s is not valid for this web service.", doing))
		return
	case name == "ec2" && params.Get("DryRun") == "true" && doing != "RunInstances": // RunInstances checks more first
		s.answerError(w, name, &failure{
			http.StatusPreconditionFailed, "DryRunOperation",
			"Request would have succeeded, but DryRun flag is set.",
		})
		return
	}
	f := s.faults.Strike(r.Method, doing)
	var body []node
	if f.Applies() {
		body, bad = act(s, params)
	}
	switch {
	case f != nil && f.Serve(w, r, nil, nil):
	case f != nil:
		s.answerError(w, name, &failure{f.Status, f.ID, f.Message})
	case bad != nil:
		s.answerError(w, name, bad)
	case name == "ec2":
		answer(w, http.StatusOK, el(doing+"Response", append([]node{tx("requestId", s.requestID())}, body...)...),
			service.namespace)
	default:
		answer(w, http.StatusOK, el(doing+"Response", el(doing+"Result", body...),
			el("ResponseMetadata", tx("RequestId", s.requestID()))), service.namespace)
	}
}

func (s *Server) requestID() string {
	s.lastID++
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", s.lastID)
}

func (s *Server) answerError(w http.ResponseWriter, service string, f *failure) {
	e := el("Error", tx("Code", f.code), tx("Message", f.message))
	if service == "ec2" {
		answer(w, f.status, el("Response", el("Errors", e), tx("RequestID", s.requestID())), "")
		return
	}
	kind := "Sender"
	if f.status >= 500 {
		kind = "Receiver"
	}
	answer(w, f.status, el("ErrorResponse", el("Error", append([]node{tx("Type", kind)}, e.kids...)...),
		tx("RequestId", s.requestID())), "")
}
