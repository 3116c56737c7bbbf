package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const maxServers = 8 << 20 // bytes; the AWS CLI prints some 8 KB for each server

// Other keys are ignored.
type flat struct {
	ID      word        `json:"id"`
	Name    string      `json:"name"`
	Address string      `json:"address"`
	State   string      `json:"state"`
	Size    string      `json:"size"`
	Price   json.Number `json:"price"` // dollars an hour
	Created *time.Time  `json:"created"`
	Note    string      `json:"note"`
	Pool    string      `json:"pool"` // empty means the provider's pool
}

// A word is a string, or a number, which some providers use as IDs.
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' || bytes.Equal(b, []byte("null")) {
		return json.Unmarshal(b, (*string)(w))
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return errors.New("an id must be a string or a number")
	}
	*w = word(n)
	return nil
}

type instance struct {
	ID      string                        `json:"InstanceId"`
	State   struct{ Name string }         `json:"State"`
	Address string                        `json:"PrivateIpAddress"`
	Size    string                        `json:"InstanceType"`
	Created *time.Time                    `json:"LaunchTime"`
	Tags    []struct{ Key, Value string } `json:"Tags"`
}

func (i instance) flat() flat {
	f := flat{ID: word(i.ID), Address: i.Address, State: i.State.Name, Size: i.Size, Created: i.Created}
	for _, t := range i.Tags {
		if t.Key == "Name" {
			f.Name = t.Value
		}
	}
	return f
}

type found struct {
	pool.Server
	elsewhere bool // it belongs to another pool
	gone      bool // it no longer exists
}

type reader struct {
	pool string              // the pool's name
	text func(string) string // makes text a single line without secrets
}

// Accepts an array of servers, or the output of `aws ec2 describe-instances` or `run-instances`.
func (r reader) servers(text []byte) ([]found, error) {
	flats, err := r.flats(text)
	if err != nil {
		return nil, err
	}
	list := make([]found, 0, len(flats))
	ids := map[string]bool{}
	for i, f := range flats {
		s, err := r.found(f)
		if err != nil {
			return nil, fmt.Errorf("server %d of %d: %w", i+1, len(flats), err)
		}
		if ids[s.ID] {
			return nil, fmt.Errorf("server %d of %d: the id %q is a duplicate", i+1, len(flats), r.brief(s.ID))
		}
		ids[s.ID] = true
		list = append(list, s)
	}
	return list, nil
}

// Accepts the formats of a list, or a single object.
func (r reader) server(text []byte) (found, error) {
	text = bytes.TrimSpace(text)
	if len(text) > 0 && text[0] == '{' {
		var is struct{ Instances, Reservations json.RawMessage }
		if json.Unmarshal(text, &is) == nil && is.Instances == nil && is.Reservations == nil {
			text = bytes.Join([][]byte{[]byte("["), text, []byte("]")}, nil)
		}
	}
	list, err := r.servers(text)
	switch {
	case err != nil:
		return found{}, err
	case len(list) != 1:
		return found{}, fmt.Errorf("it printed %d servers: must print the one that it created", len(list))
	}
	return list[0], nil
}

func (r reader) flats(text []byte) ([]flat, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, errors.New("it printed nothing: must print a JSON array of servers, [] for an empty pool")
	}
	var flats []flat
	if text[0] == '[' {
		var list []*flat
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, r.badJSON(err)
		}
		for i, f := range list {
			if f == nil {
				return nil, fmt.Errorf("server %d of %d is null: must be an object", i+1, len(list))
			}
			flats = append(flats, *f)
		}
		return flats, nil
	}
	var aws struct {
		Instances    []instance
		Reservations []struct{ Instances []instance }
	}
	if err := json.Unmarshal(text, &aws); err != nil {
		return nil, r.badJSON(err)
	}
	if aws.Instances == nil && aws.Reservations == nil {
		return nil, errors.New(`it printed an object without Instances or Reservations: must print an array such as [{"id":"i-1","name":"web-1","address":"10.0.0.1","state":"active"}]`)
	}
	for _, v := range aws.Reservations {
		aws.Instances = append(aws.Instances, v.Instances...)
	}
	for _, i := range aws.Instances {
		flats = append(flats, i.flat())
	}
	return flats, nil
}

// The error does not contain the text itself.
func (r reader) badJSON(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return fmt.Errorf("%s is a JSON %s: must be a %s", r.brief(kind.Field), strings.SplitN(kind.Value, " ", 2)[0],
			kindName(kind.Type.Name()))
	}
	return fmt.Errorf(`it did not print JSON such as [{"id":"i-1","name":"web-1","address":"10.0.0.1","state":"active"}]: %s`, firstRunes(r.text(err.Error()), 200))
}

func kindName(of string) string {
	switch of {
	case "string", "Number":
		return strings.ToLower(of)
	}
	return "value of another kind"
}

// The characters of IDs, names and sizes. None means anything to a shell or a balancer.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@][A-Za-z0-9_./:@=+-]*$`)

// Counts in code, because a pattern with a large repetition takes some 100 KB.
func isPlain(s string) bool { return len(s) <= 255 && plain.MatchString(s) }

func (r reader) found(f flat) (found, error) {
	s := found{Server: pool.Server{
		ID: string(f.ID), Name: f.Name, Address: f.Address, Size: f.Size, Note: firstRunes(r.text(f.Note), 200),
	}, elsewhere: f.Pool != "" && f.Pool != r.pool}
	if s.ID == "" {
		return found{}, errors.New(`it has no id: must have one such as "id":"i-1"`)
	}
	if s.Name == "" {
		s.Name = s.ID
	}
	for i, text := range []string{s.ID, s.Name, s.Size} {
		if text != "" && !isPlain(text) {
			what := []string{"id", "name", "size"}[i]
			return found{}, fmt.Errorf("its %s is %q: must be at most 255 letters, digits and _ . / : @ = + -, not "+
				"beginning with -", what, r.brief(text))
		}
	}
	if s.Address != "" && !isAddress(s.Address) {
		return found{}, fmt.Errorf("the address of %s is %q: must be an IP address or a host name, with a port if "+
			"servers have different ones", r.brief(s.Name), r.brief(s.Address))
	}
	var known bool
	if s.State, s.gone, known = stateOf(f.State); !known {
		return found{}, fmt.Errorf("the state of %s is %q: must be making, active, off, ending, failed or gone",
			r.brief(s.Name), r.brief(f.State))
	}
	if f.Price != "" {
		var err error
		if s.Price, err = f.Price.Float64(); err != nil || s.Price < 0 {
			return found{}, fmt.Errorf("the price of %s is %s: must be dollars an hour", r.brief(s.Name),
				r.brief(string(f.Price)))
		}
	}
	if f.Created != nil {
		s.Created = f.Created.UTC()
	}
	return s, nil
}

func (r reader) brief(text string) string { return firstRunes(r.text(text), 80) }

// Accepts the pool's own words, and those of AWS, DigitalOcean and similar providers.
func stateOf(text string) (state pool.State, gone, known bool) {
	switch strings.ToLower(text) {
	case "", "active", "running":
		return pool.Active, false, true
	case "making", "pending", "new", "creating", "provisioning", "starting":
		return pool.Making, false, true
	case "off", "stopping", "stopped":
		return pool.Off, false, true
	case "ending", "shutting-down", "deleting":
		return pool.Ending, false, true
	case "failed", "error":
		return pool.Failed, false, true
	case "gone", "terminated", "deleted":
		return "", true, true
	}
	return "", false, false
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

func isAddress(text string) bool {
	host := text
	if h, port, err := net.SplitHostPort(text); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
		host = h
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return len(host) <= 253 && hostName.MatchString(host)
}
