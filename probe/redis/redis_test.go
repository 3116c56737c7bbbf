package redis_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

func take(t testing.TB, o redis.Options) probe.Reading {
	t.Helper()
	o.Timeout = patient
	p, err := redis.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context())
}

func dial(t testing.TB, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := redis.New(redis.Options{URL: "http://:s3cr3t@localhost", Keys: make([]string, 101), Timeout: -time.Second})
	const want = `redis signal: the URL must begin with redis:// or rediss://: use a URL such as redis://:password@localhost:6379/0, or rediss:// for TLS
a key is missing or empty: use the queues' keys, such as queue:default
the timeout is -1s: must be more than 0`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMistakes(t *testing.T) {
	for url, want := range map[string]string{
		"":                                             "the URL is empty",
		"redis://:s3cr3t @localhost":                   "the URL is invalid",
		"redis://:s3cr3t@":                             "the URL has no host",
		"redis://:s3cr3t@a.test:1,b.test:2/0":          "several hosts",
		"redis://:s3cr3t@a.test,b.test":                "several hosts",
		"redis://:s3cr3t@localhost:0":                  "invalid port",
		"redis://:s3cr3t@localhost:65536":              "invalid port",
		"redis://:s3cr3t@localhost/a":                  "the URL's path must be the number of a database",
		"redis://:s3cr3t@localhost/-1":                 "the URL's path must be the number of a database",
		"redis://:s3cr3t@localhost/0/1":                "the URL's path must be the number of a database",
		"redis://s3cr3t@localhost":                     "the URL has a user without a password",
		"redis://localhost/2?db=3":                     "database 2 in its path and 3",
		"redis://localhost?db=2&db=3":                  "db and db contradict",
		"redis://localhost?db=2&database=3":            "contradict",
		"redis://localhost?db=s3cr3t":                  "must be the number of a database",
		"redis://localhost?db=-1":                      "must be the number of a database",
		"redis://localhost?ssl_cert_reqs=s3cr3t":       "ssl_cert_reqs must be one of",
		"redis://localhost?ssl=s3cr3t":                 "ssl must be one of",
		"redis://localhost?family=5":                   "family must be one of",
		"redis://localhost?sentinel_master=s3cr3t":     "sentinel_master is unknown",
		"redis://localhost?dbb=s3cr3t":                 "dbb is unknown",
		"redis://localhost?keyPrefix=s3cr3t":           "keyPrefix",
		"redis://localhost?global_keyprefix=s3cr3t":    "write the keys with their prefix",
		"redis://a:123?s3cr3t@localhost:6379/0":        "%3F",
		"redis://a:123?x=1&s3cr3t@localhost:6379/0":    "%3F",
		"redis://localhost?a=1&s3cr3t/s3cr3t=1":        "an unknown parameter",
		"redis://:s3cr3t@localhost?password=s3cr3t2":   "one password before the host and another",
		"redis://a:s3cr3t@localhost?username=b":        "one user before the host and another",
		"rediss://localhost?ssl=false":                 "has ssl=false",
		"rediss://localhost?ssl_ca_certs=/s3cr3t/none": "is unreadable",
		"rediss://localhost?ssl_certfile=/s3cr3t/none": "are unreadable",
		"unix://localhost/redis.sock":                  "has no socket",
		"unix://":                                      "has no socket",
	} {
		p, err := redis.New(redis.Options{URL: url, Keys: []string{"a"}, Timeout: patient})
		if p != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v, want %q", url, err, want)
		}
	}
	_, err := redis.New(redis.Options{URL: "redis://localhost", Keys: strings.Split(strings.Repeat("a,", 100)+"a", ","), Timeout: patient})
	if err == nil || err.Error() != "redis signal: 101 keys are too many: the maximum is 100" {
		t.Errorf("got %v", err)
	}
}

// A server that is older than Redis 6 knows no users: the user h, which stands in old URLs, is left out there.
func TestAnOldServer(t *testing.T) {
	const refusal = "-ERR wrong number of arguments for 'auth' command\r\n"
	for user, want := range map[string]int64{"h": 7, "bot": 0} {
		p, err := redis.New(redis.Options{URL: "redis://" + user + ":s3cr3t@localhost", Keys: []string{"a"}, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		n, err := p.Sum(canned{Reader: bytes.NewReader([]byte(refusal + "+OK\r\n+list\r\n:7\r\n"))})
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("%s: got %d, %v, want %d", user, n, err, want)
		}
	}
}

// Whatever a URL is, a prober is made or all that is said shows no value of it.
func FuzzURL(f *testing.F) {
	for _, s := range []string{
		"redis://h:s3cr3t@localhost:6379/3?db=3", "rediss://localhost?ssl_cert_reqs=none&ssl_check_hostname=false", "unix:///s?db=1&password=s3cr3t",
		"redis://localhost?a=1;b", "redis://[::1]/0?family=6", "redis://:12?s3cr3t@x", "redis://a/1/2?%zz",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		const value = "v4lue-s3cr3t"
		more := "?"
		if strings.Contains(raw, "?") {
			more = "&"
		}
		p, err := redis.New(redis.Options{URL: raw + more + "password=" + value + "&db=" + value, Keys: []string{"a"}, Timeout: patient})
		if (p == nil) == (err == nil) || err != nil && strings.Contains(err.Error(), value) && !strings.Contains(raw, value) {
			t.Errorf("%q: got %v, %v", raw, p, err)
		}
	})
}

// It answers the same to every request.
type canned struct {
	net.Conn
	*bytes.Reader
}

func (c canned) Read(b []byte) (int, error)  { return c.Reader.Read(b) }
func (c canned) Write(b []byte) (int, error) { return len(b), nil }

// Whatever a server says, the sum is not negative or there is an error, and little is allocated.
func FuzzServersAnswer(f *testing.F) {
	for _, s := range []string{
		"+OK\r\n+OK\r\n+list\r\n+none\r\n:7\r\n", "+OK\r\n+OK\r\n+zset\r\n+set\r\n:7\r\n:8\r\n",
		"+OK\r\n+OK\r\n+stream\r\n+none\r\n*1\r\n*6\r\n$4\r\nname\r\n$3\r\nweb\r\n$7\r\npending\r\n:2\r\n$3\r\nlag\r\n:5\r\n",
		"+OK\r\n+OK\r\n+stream\r\n+none\r\n*1\r\n*6\r\n$4\r\nname\r\n$3\r\nweb\r\n$7\r\npending\r\n:2\r\n$3\r\nlag\r\n$-1\r\n",
		"-WRONGPASS no\r\n", "+OK\r\n-ERR DB index is out of range\r\n", ":9223372036854775807\r\n", "*9999\r\n*9999\r\n*9999\r\n*9999\r\n", "$4096\r\n", "*-1\r\n", "\r\n",
		"+OK\r\n+OK\r\n+list\r\n+list\r\n:9223372036854775807\r\n:9223372036854775807\r\n", "+OK\r\n+OK\r\n+list\r\n+list\r\n:-1\r\n",
	} {
		f.Add([]byte(s), "web")
		f.Add([]byte(s), "")
	}
	f.Fuzz(func(t *testing.T, said []byte, group string) {
		p, err := redis.New(redis.Options{URL: "redis://:s3cr3t@localhost/1", Keys: []string{"a", "b"}, Group: group, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := p.Sum(canned{Reader: bytes.NewReader(said)}); n < 0 || err != nil && n != 0 {
			t.Errorf("got %d, %v", n, err)
		}
	})
}
