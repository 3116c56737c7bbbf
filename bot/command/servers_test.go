package command

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func web(secrets ...string) reader {
	p := &Provider{runner: runner{secrets: secrets}, o: ProviderOptions{Pool: "web"}}
	return p.reader()
}

func TestListIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []found
	}{
		"none":            {"[]\n", []found{}},
		"none of AWS":     {`{"Reservations": []}`, []found{}},
		"an id is enough": {`[{"id":"a"}]`, []found{{Server: pool.Server{ID: "a", Name: "a", State: pool.Active}}}},
		"a number as id":  {`[{"id":17,"name":"web-1","unknown":[1]}]`, []found{{Server: pool.Server{ID: "17", Name: "web-1", State: pool.Active}}}},
		"all keys": {
			`[{"id":"i","name":"web-1","address":"10.0.0.1:81","state":"making","size":"small","price":0.018,"created":"2026-11-22T12:00:00Z","note":"a\nb","pool":"web"}]`,
			[]found{{Server: pool.Server{
				ID: "i", Name: "web-1", Address: "10.0.0.1:81", State: pool.Making, Size: "small", Price: 0.018,
				Created: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Note: "a b",
			}}},
		},
		"nulls":        {`[{"id":"i","name":null,"address":null,"price":null,"created":null}]`, []found{{Server: pool.Server{ID: "i", Name: "i", State: pool.Active}}}},
		"another pool": {`[{"id":"i","pool":"api"}]`, []found{{Server: pool.Server{ID: "i", Name: "i", State: pool.Active}, elsewhere: true}}},
		"gone":         {`[{"id":"i","state":"terminated"}]`, []found{{Server: pool.Server{ID: "i", Name: "i"}, gone: true}}},
		"AWS": {
			`{"Reservations":[{"Instances":[{"InstanceId":"i-1","State":{"Code":16,"Name":"running"},"PrivateIpAddress":"10.0.0.1","PublicIpAddress":"3.3.3.3",
			"InstanceType":"t3.small","LaunchTime":"2026-11-22T12:00:00+00:00","Tags":[{"Key":"a","Value":"b"},{"Key":"Name","Value":"web-1"}]}]},
			{"Instances":[{"InstanceId":"i-2","State":{"Code":0,"Name":"pending"}}]}]}`,
			[]found{
				{Server: pool.Server{ID: "i-1", Name: "web-1", Address: "10.0.0.1", State: pool.Active, Size: "t3.small", Created: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}},
				{Server: pool.Server{ID: "i-2", Name: "i-2", State: pool.Making}},
			},
		},
	} {
		got, err := web().servers([]byte(c.text))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		for i := range got {
			if g, w := got[i], c.want[i]; !g.Created.Equal(w.Created) {
				t.Errorf("%s: created %v, want %v", name, g.Created, w.Created)
			} else if g.Created = w.Created; g != w {
				t.Errorf("%s:\n got %+v\nwant %+v", name, g, w)
			}
		}
	}
}

func TestListThatIsWrongIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "it printed nothing: must print a JSON array of servers, [] for an empty pool",
		" \n":                                 "it printed nothing",
		"web-1 10.0.0.1":                      "it did not print JSON such as",
		`[{"id":"a"}] x`:                      "did not print JSON",
		"null":                                "an object without Instances or Reservations",
		"{}":                                  "an object without Instances or Reservations",
		`{"id":"a"}`:                          "an object without Instances or Reservations: must print an array",
		"[null]":                              "server 1 of 1 is null",
		`[{"id":"a"},{}]`:                     "server 2 of 2: it has no id",
		`[{"id":"a"},{"id":"a"}]`:             `server 2 of 2: the id "a" is a duplicate`,
		`[{"id":true}]`:                       "an id must be a string or a number",
		`[{"id":"-rf"}]`:                      `its id is "-rf": must be at most 255 letters`,
		`[{"id":"a b"}]`:                      `its id is "a b"`,
		`[{"id":"a","name":"$(x)"}]`:          `its name is "$(x)"`,
		`[{"id":"a","name":1}]`:               "name is a JSON number: must be a string",
		`[{"id":"a","size":"s\n"}]`:           `its size is "s"`,
		`[{"id":"a","state":"paused"}]`:       `the state of a is "paused": must be making, active, off, ending, failed or gone`,
		`[{"id":"a","address":"http://x/"}]`:  `the address of a is "http://x/"`,
		`[{"id":"a","address":"10.0.0.1:0"}]`: `the address of a is "10.0.0.1:0"`,
		`[{"id":"a","price":-1}]`:             "the price of a is -1",
		`[{"id":"a","price":"1e999"}]`:        "the price of a is 1e999",
		`[{"id":"a","created":"yesterday"}]`:  "yesterday",
		`[{"id":"a","state":"of the s3cr3t-key"}]`: `"of the ***"`,
	} {
		if got, err := web("s3cr3t-key").servers([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want an error with %s", text, got, err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"10.0.0.1": true, "10.0.0.1:8080": true, "::1": true, "[::1]:80": true, "web-1.internal": true, "web-1:80": true,
		"10.0.0.1:": false, "10.0.0.1:70000": false, "-x": false, "a b": false, "fe80::1%eth0": false, "a/b": false, "u@h": false, ":80": false,
	} {
		if got := isAddress(text); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func FuzzServers(f *testing.F) {
	f.Add(`[{"id":"a","name":"web-1","address":"10.0.0.1:81","state":"new","price":0.5,"created":"2026-11-22T12:00:00Z","note":"x","pool":"web"}]`)
	f.Add(`[{"id":17},{"id":1e3},{"id":null}]`)
	f.Add(`{"Reservations":[{"Instances":[{"InstanceId":"i-1","State":{"Name":"running"},"Tags":[{"Key":"Name","Value":"web-1"}]}]}]}`)
	f.Add(`{"Instances":[{"InstanceId":"i-1"}]}`)
	f.Add(`{"id":"a"}`)
	f.Add("null")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := web().servers([]byte(text))
		if err == nil && strings.TrimSpace(text) == "" {
			t.Error("nothing was read as a list")
		}
		seen := map[string]bool{}
		for _, s := range list {
			if seen[s.ID] || !plain.MatchString(s.ID) || !plain.MatchString(s.Name) || s.Address != "" && !isAddress(s.Address) ||
				s.Price < 0 || math.IsInf(s.Price, 0) || math.IsNaN(s.Price) || s.gone != (s.State == "") || utf8.RuneCountInString(s.Note) > 200 {
				t.Errorf("%q was read as %+v", text, list)
			}
			seen[s.ID] = true
		}
		one, oneErr := web().server([]byte(text))
		if err == nil && len(list) == 1 && (oneErr != nil || fmt.Sprint(one) != fmt.Sprint(list[0])) {
			t.Errorf("%q is the list %+v, and the server %+v, %v", text, list, one, oneErr)
		}
		for _, err := range []error{err, oneErr} {
			if err != nil && (len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\n\x1b")) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
