package postgres_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/postgres"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := postgres.New(postgres.Options{URL: "mysql://bot:s3cr3t@localhost/app", Query: "\n"})
	const want = `postgres signal: the URL must begin with postgres://: use a URL such as postgres://user:password@host:5432/name, with @, / and % in the password as %40, %2F and %25
the query is empty: use one that gives a number, such as select count(*) from jobs
the timeout is 0s: must be more than 0`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ url, query, want string }{
		{"", "select 1", "the URL is empty"},
		{"postgres://bot:s3cr3t%@localhost", "select 1", "the URL is invalid"},
		{"postgres:///app?password=s3cr3t", "select 1", "the URL has no host"},
		{"postgres://bot:s3cr3t@localhost/app?sslmode=maybe", "select 1", "the URL has a part that PostgreSQL does not know"},
		{"postgres://bot:s3cr3t@localhost/app?sslmode=verify-full&sslrootcert=/no/such/file", "select 1", "or a certificate file is unreadable"},
		{"postgres://localhost", strings.Repeat("x", 65537), "the query has 65537 bytes: the maximum is 65536, use a view"},
		{"postgres://localhost", "select 1\x00", "the query has a byte 0"},
	} {
		p, err := postgres.New(postgres.Options{URL: tt.url, Query: tt.query, Timeout: patient})
		if p != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// A server that hangs up in the middle and accepts no more connections: when the probe returns, nothing tries again.
func TestNothingGoesOnAfterAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := postgres.New(postgres.Options{URL: "postgres://bot:s3cr3t@127.0.0.1/app?sslmode=disable", Query: "select 1", Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		var dials, goOn atomic.Int32
		p.DialWith(func(ctx context.Context, _, _ string) (net.Conn, error) {
			if dials.Add(1) > 1 {
				goOn.Add(1)
				defer goOn.Add(-1)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			here, there := net.Pipe()
			go func() {
				_, _ = there.Write([]byte(hello))
				_ = there.Close()
			}()
			return deaf{here}, nil
		})
		if r := p.Probe(t.Context()); r.Outcome == probe.Answered {
			t.Errorf("got %+v", r)
		}
		synctest.Wait()
		if dials.Load() != 2 || goOn.Load() != 0 {
			t.Errorf("of %d connections, want 2, %d are still about to open", dials.Load(), goOn.Load())
		}
	})
}

// A server that lets everybody in says this.
const hello = "R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"

// Whatever a server says, a probe ends by itself, with a known outcome and no secret in its error.
func FuzzServersAnswer(f *testing.F) {
	const began = hello + "C\x00\x00\x00\x0aBEGIN\x00C\x00\x00\x00\x08SET\x00Z\x00\x00\x00\x05T1\x00\x00\x00\x042\x00\x00\x00\x04"
	const column = "T\x00\x00\x00\x1e\x00\x01count\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x08\xff\xff\xff\xff\x00\x00"
	for _, s := range []string{
		"", hello, began, began + column, "N", "S", "R\x00\x00\x00\x08\x00\x00\x00\x03", "R\x00\x00\x00\x0c\x00\x00\x00\x05salt",
		"R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00", "E\x00\x00\x00\x1bC28P01\x00Mno s3cr3t there\x00\x00", "E\x00\x00\x00\x04",
		began + column + "D\x00\x00\x00\x0b\x00\x01\x00\x00\x00\x017C\x00\x00\x00\x0dSELECT 1\x00Z\x00\x00\x00\x05T", "R\x7f\xff\xff\xff",
		began + column + "D\x00\x00\x00\x06\x00\x00", began + column + "D\x00\x00\x00\x0a\x00\x01\xff\xff\xff\xff", began + "E\x00\x00\x00\x0cC57014\x00\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		p, err := postgres.New(postgres.Options{URL: "postgres://bot:s3cr3t@127.0.0.1/app?sslmode=disable", Query: "select 1", Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		p.DialWith(func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() {
				_, _ = there.Write(said)
				_ = there.Close()
			}()
			return deaf{here}, nil
		})
		r := p.Probe(t.Context())
		if (r.Error == "") != (r.Outcome == probe.Answered) || strings.Contains(r.Error, "s3cr3t") || r.Value-r.Value != 0 {
			t.Errorf("got %+v", r)
		}
	})
}

// What is written to it goes nowhere.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b), nil }
