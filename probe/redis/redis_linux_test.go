package redis_test

import (
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
	"github.com/autoscalebot/autoscalebot/probe/redis"
)

func at(scheme, user, password, addr, database string) string {
	return (&url.URL{Scheme: scheme, User: url.UserPassword(user, password), Host: addr, Path: database}).String()
}

func TestRedis(t *testing.T) {
	s := startServer(t)
	s.cli(t, "RPUSH", "queue:default", "1", "2", "3")
	s.cli(t, "RPUSH", "queue:mailers", "1", "2")
	s.cli(t, "ZADD", "bull:mail:prioritized", "1", "a", "2", "b")
	s.cli(t, "SADD", "queues", "default", "mailers", "none", "more")
	s.cli(t, "RPUSH", "celery\x06\x163", "1")
	s.cli(t, "SET", "word", password)
	s.cli(t, "HSET", "unacked", "a", "b")
	s.cli(t, "-n", "3", "RPUSH", "queue:default", "1", "2", "3", "4", "5", "6")
	for range 5 {
		s.cli(t, "XADD", "events", "*", "a", "b")
	}
	s.cli(t, "XGROUP", "CREATE", "events", "web", "0")
	s.cli(t, "XGROUP", "CREATE", "events", "mail", "$")
	s.cli(t, "XREADGROUP", "GROUP", "web", "one", "COUNT", "2", "STREAMS", "events", ">")
	s.cli(t, "XADD", "holes", "1-1", "a", "b")
	s.cli(t, "XADD", "holes", "2-1", "a", "b")
	s.cli(t, "XGROUP", "CREATE", "holes", "web", "1-1")
	s.cli(t, "XADD", "holes", "3-1", "a", "b")
	s.cli(t, "XDEL", "holes", "2-1")
	s.cli(t, "ACL", "SETUSER", "bot", "on", ">"+password, "~queue:*", "+type", "+llen")

	t.Run("conforms", func(t *testing.T) {
		with := func(password string) func(string, time.Duration) (probe.Prober, error) {
			return func(addr string, timeout time.Duration) (probe.Prober, error) {
				return redis.New(redis.Options{URL: at("redis", "", password, addr, ""), Keys: []string{"queue:default", "queue:mailers"}, Timeout: timeout})
			}
		}
		probertest.Run(t, probertest.Fixture{
			Addr: s.addr, New: with(password), Refused: with("s3cr3t-wrong"), Want: probe.Reading{Signal: "redis", Value: 5, Unit: "jobs"},
			Secrets: []string{"s3cr3t"},
		})
	})
	t.Run("lengths", func(t *testing.T) { lengths(t, s) })
	t.Run("what the server refuses", func(t *testing.T) { refusals(t, s) })
	t.Run("as clients write URLs", func(t *testing.T) { urls(t, s) })
	t.Run("keys that are missing", func(t *testing.T) { missing(t, s) })
	t.Run("over TLS", func(t *testing.T) { overTLS(t, s) })
}

func lengths(t *testing.T, s *server) {
	for _, tt := range []struct {
		keys, group, database string
		want                  float64
		error                 string
	}{
		{keys: "queue:default", want: 3},
		{keys: "queue:default", database: "3", want: 6},
		{keys: "queue:default queue:mailers", want: 5},
		{keys: "queue:default queue:default", want: 6},
		{keys: "queue:none", want: 0},
		{keys: "queue:none queue:default", want: 3},
		{keys: "bull:mail:wait bull:mail:prioritized", want: 2},
		{keys: "celery celery\x06\x163", want: 1},
		{keys: "queues", want: 4},
		{keys: "events", want: 5},
		{keys: "events queue:default", want: 8},
		{keys: "events", group: "web", want: 5},
		{keys: "events", group: "mail", want: 0},
		{keys: "events queue:default", group: "mail", want: 3},
		{keys: "events", group: "none", error: `the stream "events" has no consumer group "none"`},
		{keys: "holes", group: "web", error: `the server does not know how much of the stream "holes" is left for the group "web": it is older than Redis 7.0, or entries were deleted`},
		{keys: "word", error: `the key "word" has the type "string": must be a list, a stream, a set or a sorted set`},
		{keys: "queue:default word", error: `the key "word" has the type "string": must be a list, a stream, a set or a sorted set`},
		{keys: "unacked", error: `the key "unacked" has the type "hash": must be a list, a stream, a set or a sorted set`},
	} {
		r := take(t, redis.Options{URL: at("redis", "", password, s.addr, tt.database), Keys: strings.Split(tt.keys, " "), Group: tt.group})
		if r.Error != tt.error || r.Value != tt.want || (r.Outcome == probe.Answered) != (tt.error == "") {
			t.Errorf("%q %s: got %+v, want %v and the error %q", tt.keys, tt.group, r, tt.want, tt.error)
		}
	}
	s.cli(t, "XACK", "events", "web", strings.Fields(s.cli(t, "XPENDING", "events", "web", "-", "+", "1"))[0])
	r := take(t, redis.Options{URL: at("redis", "", password, s.addr, ""), Keys: []string{"events"}, Group: "web"})
	if r.Value != 4 {
		t.Errorf("after one was acknowledged: got %+v, want 4", r)
	}
}

func refusals(t *testing.T, s *server) {
	for _, tt := range []struct {
		url, keys, want string
	}{
		{"redis://" + s.addr, "queue:default", "requires a password: add it to the URL"},
		{at("redis", "", "s3cr3t-wrong", s.addr, ""), "queue:default", "rejects the user or the password"},
		{at("redis", "nobody", password, s.addr, ""), "queue:default", "rejects the user or the password"},
		{at("redis", "bot", password, s.addr, ""), "events", "denies access: the user needs the keys, and SELECT, TYPE, LLEN, XLEN, ZCARD, SCARD and XINFO"},
		{at("redis", "bot", password, s.addr, "3"), "queue:default", "denies access: the user needs the keys, and SELECT, TYPE, LLEN, XLEN, ZCARD, SCARD and XINFO"},
		{at("redis", "h", "s3cr3t-wrong", s.addr, ""), "queue:default", "rejects the user or the password, also without the user h"},
		{at("redis", "", password, s.addr, "99"), "queue:default", "has no database of that number"},
	} {
		r := take(t, redis.Options{URL: tt.url, Keys: []string{tt.keys}})
		if r.Outcome != probe.ClientError || r.Error != s.addr+" "+tt.want {
			t.Errorf("got %+v, want the error %q", r, tt.want)
		}
	}
	if r := take(t, redis.Options{URL: at("redis", "bot", password, s.addr, ""), Keys: []string{"queue:default"}}); r.Value != 3 {
		t.Errorf("a user of its own: got %+v, want 3", r)
	}
	s.cli(t, "CONFIG", "SET", "maxclients", "1")
	defer s.cli(t, "CONFIG", "SET", "maxclients", "100")
	idle := dial(t, s.addr)
	r := take(t, redis.Options{URL: at("redis", "", password, s.addr, ""), Keys: []string{"queue:default"}})
	if r.Outcome != probe.ServerError || r.Error != s.addr+" has too many clients" {
		t.Errorf("got %+v", r)
	}
	_ = idle.Close()
}

func overTLS(t *testing.T, s *server) {
	for _, tt := range []struct {
		url   string
		tls   *tls.Config
		error string
	}{
		{at("rediss", "", password, s.tlsAddr, ""), &tls.Config{RootCAs: s.known}, ""},
		{at("rediss", "", password, s.tlsAddr, ""), &tls.Config{InsecureSkipVerify: true}, ""},
		{at("rediss", "", password, s.tlsAddr, ""), nil, "the certificate of %s is signed by an unknown authority: append ?ssl_ca_certs=FILE to the URL, or ?ssl_cert_reqs=none to accept any"},
		{at("rediss", "", password, s.tlsAddr, ""), &tls.Config{RootCAs: s.known, ServerName: "other.test"}, "the certificate of %s is for another name"},
	} {
		r := take(t, redis.Options{URL: tt.url, Keys: []string{"queue:default"}, TLS: tt.tls})
		want := tt.error
		if want != "" {
			want = fmt.Sprintf(want, s.tlsAddr)
		}
		if r.Error != want || want == "" && r.Value != 3 {
			t.Errorf("got %+v, want the error %q", r, want)
		}
	}
	p, err := redis.New(redis.Options{URL: at("rediss", "", password, s.addr, ""), Keys: []string{"queue:default"}, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Probe(t.Context()); r.Outcome != probe.Timeout || !strings.Contains(r.Error, "use redis:// instead of rediss://") {
		t.Errorf("TLS with a Redis that has none: got %+v", r)
	}
	web := httptest.NewServer(nil)
	defer web.Close()
	addr := web.Listener.Addr().String()
	r := take(t, redis.Options{URL: at("rediss", "", password, addr, ""), Keys: []string{"queue:default"}})
	if r.Outcome != probe.Unreachable || r.Error != addr+" does not speak TLS: use redis:// instead of rediss://" {
		t.Errorf("TLS with a server that speaks none: got %+v", r)
	}
	r = take(t, redis.Options{URL: at("redis", "", password, s.tlsAddr, ""), Keys: []string{"queue:default"}})
	if r.Outcome == probe.Answered || r.Outcome == probe.Timeout {
		t.Errorf("plain with a TLS port: got %+v", r)
	}
}

// Database 3 has 6 jobs where database 0 has 3.
func urls(t *testing.T, s *server) {
	word := url.QueryEscape(password)
	login := "redis://" + url.UserPassword("", password).String() + "@" + s.addr
	secure := "rediss://" + url.UserPassword("", password).String() + "@" + s.tlsAddr
	authority := url.QueryEscape(filepath.Join(s.dir, "cert.pem"))
	other := "rediss://" + url.UserPassword("", password).String() + "@" + strings.Replace(s.tlsAddr, "127.0.0.1", "localhost", 1)
	for raw, want := range map[string]float64{
		login:                   3,
		login + "/":             3,
		login + "/0":            3,
		login + "/0?db=0":       3,
		login + "?db=":          3,
		login + "/3":            6,
		login + "/3/":           6,
		login + "?db=3":         6,
		login + "/?db=3":        6,
		login + "/0?db=3":       6,
		login + "/3?db=3":       6,
		login + "/0?database=3": 6,
		login + "?dbindex=3":    6,
		login + "/3?socket_timeout=5&health_check_interval=30&retry_on_timeout=True&decode_responses=True": 6, // redis-py
		login + "/3?visibility_timeout=3600&fanout_prefix=true&socketConnectTimeout=1":                     6, // Celery
		login + "/3?protocol=3&dial_timeout=3s&max_retries=2&pool_size=10&client_name=x":                   6, // go-redis
		login + "?db=3&family=4": 6, // ioredis
		login + "?family=0&db=3&connectTimeout=500&lazyConnect=true":                6,
		"redis://" + s.addr + "/3?password=" + word:                                 6,
		"redis://" + s.addr + "/3?username=default&password=" + word:                6,
		login + "/3?password=" + word:                                               6,
		"redis://" + url.UserPassword("h", password).String() + "@" + s.addr + "/3": 6, // which no server knows as a user
		"unix://" + s.socket + "?db=3&password=" + word:                             6,
		"unix://" + url.UserPassword("", password).String() + "@" + s.socket:        3,

		secure + "/3?ssl_cert_reqs=none":                                                       6,
		secure + "/3?ssl_cert_reqs=CERT_NONE":                                                  6,
		secure + "/3?ssl_ca_certs=" + authority:                                                6,
		secure + "/3?ssl_cert_reqs=required&ssl_ca_certs=" + authority:                         6,
		secure + "/3?skip_verify=true":                                                         6,
		secure + "/3?verifyPeer=NONE":                                                          6,
		strings.Replace(secure, "rediss", "redis", 1) + "/3?ssl=true&ssl_cert_reqs=none":       6,
		other + "/3?ssl_cert_reqs=required&ssl_check_hostname=False&ssl_ca_certs=" + authority: 6,
	} {
		if r := take(t, redis.Options{URL: raw, Keys: []string{"queue:default"}}); r.Outcome != probe.Answered || r.Value != want {
			t.Errorf("%s: got %+v, want %v", raw, r, want)
		}
	}
	for raw, want := range map[string]string{
		secure + "/3?ssl_cert_reqs=required":                                         "unknown authority",
		secure + "/3?ssl_cert_reqs=":                                                 "unknown authority",
		secure + "/3?ssl_check_hostname=false":                                       "unknown authority",
		other + "/3?ssl_ca_certs=" + authority:                                       "another name",
		strings.Replace(secure, "rediss", "redis", 1) + "/3?ssl=true":                "unknown authority",
		"redis://" + url.UserPassword("h", password).String() + "@" + s.addr + "/99": "no database",
	} {
		if r := take(t, redis.Options{URL: raw, Keys: []string{"queue:default"}}); r.Outcome == probe.Answered || !strings.Contains(r.Error, want) {
			t.Errorf("%s: got %+v, want an error of %q", raw, r, want)
		}
	}
}

func missing(t *testing.T, s *server) {
	p, err := redis.New(redis.Options{
		URL: at("redis", "", password, s.addr, ""), Keys: []string{"queue:default", "queue:defualt", "celery\x06\x163", "celery"}, Timeout: patient,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Missing(t.Context()); !slices.Equal(got, []string{"queue:defualt", "celery"}) {
		t.Errorf("got %q", got)
	}
}
