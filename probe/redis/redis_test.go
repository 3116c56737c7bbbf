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

// patient is a timeout that no test is to reach.
const patient = 10 * time.Second

// take probes with o.
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
	const want = `redis signal: the URL does not begin with redis:// or rediss://: write it like redis://:password@localhost:6379/0, or rediss:// for TLS
a key is missing or empty: name those of the queues, like queue:default
the timeout is -1s, and must be more than 0`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMistakes(t *testing.T) {
	for url, want := range map[string]string{
		"":                              "the URL is empty",
		"redis://:s3cr3t @localhost":    "the URL can't be read",
		"redis://:s3cr3t@":              "the URL names no host",
		"redis://:s3cr3t@localhost/a":   "the URL's path is no number of a database",
		"redis://:s3cr3t@localhost/-1":  "the URL's path is no number of a database",
		"redis://:s3cr3t@localhost/0/1": "the URL's path is no number of a database",
		"redis://s3cr3t@localhost":      "the URL names a user without a password",
	} {
		p, err := redis.New(redis.Options{URL: url, Keys: []string{"a"}, Timeout: patient})
		if p != nil || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v, want %q", url, err, want)
		}
	}
	_, err := redis.New(redis.Options{URL: "redis://localhost", Keys: strings.Split(strings.Repeat("a,", 100)+"a", ","), Timeout: patient})
	if err == nil || err.Error() != "redis signal: 101 keys are too many: 100 at the most" {
		t.Errorf("got %v", err)
	}
}

// A canned connection says the same whatever it is told.
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
