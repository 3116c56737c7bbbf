package ec2_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestErrorsOfAnOrder(t *testing.T) {
	for _, c := range []struct {
		fault   ec2test.Fault
		refused bool
		calls   int
		says    string
	}{
		{ec2test.Fault{Status: 500, ID: "InsufficientInstanceCapacity", Message: "We currently do not have sufficient t3.small capacity."}, true, 1, "another size"},
		{ec2test.Fault{Status: 400, ID: "InstanceLimitExceeded", Message: "You have requested more."}, true, 1, "Service Quotas"},
		{ec2test.Fault{Status: 403, ID: "UnauthorizedOperation", Message: "You are not authorized."}, true, 1, "docs/pools/aws.md"},
		{ec2test.Fault{Status: 400, ID: "InvalidAMIID.NotFound", Message: "The image id does not exist"}, true, 1, "image is gone"},
		{ec2test.Fault{Status: 400, ID: "IdempotentParameterMismatch", Message: "Arguments are inconsistent"}, true, 1, "inconsistent"},
		{ec2test.Fault{Status: 500, ID: "InternalError", Message: "An internal error has occurred"}, false, 1, "the fault is at AWS"},
		{ec2test.Fault{Status: 502, ID: "", Message: ""}, false, 1, "the fault is at AWS"},
		{ec2test.Fault{Status: 403, ID: "", Message: ""}, false, 1, "the answer is not from AWS"},
		{ec2test.Fault{Status: 307, ID: "", Message: ""}, false, 1, "redirect"},
		{ec2test.Fault{}, false, 1, "reset"},
		{ec2test.Throttled, false, 5, "too many calls"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := fake()
			s.Fail("RunInstances", -1, c.fault)
			_, err := provider(s).Create(t.Context(), pool.Order{Name: "web-1"})
			if err == nil {
				t.Fatalf("%+v: no error", c.fault)
			}
			if errors.Is(err, pool.ErrRefused) != c.refused {
				t.Errorf("%v: refused is %v, want %v", err, !c.refused, c.refused)
			}
			for _, part := range []string{"create the server web-1", c.fault.ID, strings.TrimSuffix(c.fault.Message, "."), c.says} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error %q does not say %q", err, part)
				}
			}
			if n := s.Count("RunInstances"); n != c.calls {
				t.Errorf("%v: %d orders were sent, want %d", err, n, c.calls)
			}
		})
	}
}

func TestThrottledOrderIsTheSameOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Fail("RunInstances", 2, ec2test.Throttled)
		create(t, provider(s), "web-1")
		tokens := map[string]bool{}
		for _, c := range s.Calls() {
			if c.Action == "RunInstances" {
				tokens[c.Params.Get("ClientToken")] = true
			}
		}
		if len(tokens) != 1 || living(s) != 1 {
			t.Errorf("%d client tokens, %d servers", len(tokens), living(s))
		}
	})
}

func TestReadsAreTriedAgain(t *testing.T) {
	for _, f := range []ec2test.Fault{ec2test.Throttled, {}, {Status: 500, ID: "InternalError"}, {Status: 429}, {Status: 503}} {
		synctest.Test(t, func(t *testing.T) {
			s := fake()
			p := provider(s)
			create(t, p, "web-1")
			s.Fail("DescribeInstances", 3, f)
			wantNames(t, p, "web-1 active")

			s.Fail("DescribeInstances", -1, f)
			start := time.Now()
			_, err := p.List(t.Context())
			var e *ec2.Error
			if !errors.As(err, &e) || e.Tries != 5 || !strings.HasPrefix(err.Error(), "list the servers of the pool web: ") {
				t.Errorf("List = %v", err)
			}
			if took := time.Since(start); took < time.Second || took > 25*time.Second {
				t.Errorf("it gave up after %v", took)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			start = time.Now()
			if _, err := p.List(ctx); err == nil || time.Since(start) > 100*time.Millisecond {
				t.Errorf("with little time: %v after %v", err, time.Since(start))
			}
		})
	}
}

func TestCanceledCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := fake()
	p := provider(s)
	for name, call := range map[string]func() error{
		"List":     func() error { _, err := p.List(ctx); return err },
		"Create":   func() error { _, err := p.Create(ctx, pool.Order{Name: "web-1"}); return err },
		"Describe": func() error { _, err := p.Describe(ctx, "i-0123456789abcdef0"); return err },
		"Destroy":  func() error { return p.Destroy(ctx, "i-0123456789abcdef0") },
		"Sizes":    func() error { _, err := p.Sizes(ctx); return err },
		"Images":   func() error { _, err := p.Images(ctx); return err },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a canceled context: %v", name, err)
		}
	}
	if n := len(s.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// AWS's answer to a wrong signature repeats what was signed.
func TestErrorsHoldNoSecret(t *testing.T) {
	s := fake()
	a := account()
	a.Keys.SecretAccessKey, a.Keys.SessionToken = "wrong/secret", "a-session-token"
	for _, f := range []*ec2test.Fault{
		nil,
		{Status: 403, ID: "SignatureDoesNotMatch", Message: "x-amz-security-token:a-session-token wrong/secret\n"},
		{Status: 400, ID: "Odd-a-session-token", Message: "wrong/secret"},
	} {
		if f != nil {
			s.Fail("", 1, *f)
		}
		p := valid(ec2.NewOver(options(a), s))
		_, err := p.List(t.Context())
		if err == nil || strings.Contains(err.Error(), "a-session-token") || strings.Contains(err.Error(), "wrong/secret") {
			t.Errorf("List with wrong keys: %v", err)
		}
	}
	a.Keys.SessionToken = ""
	p := valid(ec2.NewOver(options(a), s))
	if _, err := p.List(t.Context()); err == nil || !strings.Contains(err.Error(), "does not belong to the access key ID") || !errors.Is(err, pool.ErrRefused) {
		t.Errorf("List with a wrong secret: %v", err)
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		spoil func(*ec2.Options)
		want  string
	}{
		{func(o *ec2.Options) {}, ""},
		{func(o *ec2.Options) { o.Keys = ec2.Keys{} }, ""},
		{func(o *ec2.Options) { o.Region = "us-gov-west-1" }, ""},
		{func(o *ec2.Options) { o.LaunchTemplate = "lt-0123456789abcdef0:$Latest" }, ""},
		{func(o *ec2.Options) { o.Region = "" }, `invalid AWS region ""`},
		{func(o *ec2.Options) { o.Region = "evil.example.com/" }, `invalid AWS region "evil.example.com/"`},
		{func(o *ec2.Options) { o.Keys.SecretAccessKey = "" }, "only one of the AWS access key ID and the secret access key is set"},
		{func(o *ec2.Options) { o.Keys = ec2.Keys{SessionToken: "x"} }, "session token needs the access key ID"},
		{func(o *ec2.Options) { o.Keys.SecretAccessKey = "with space" }, "Copy it again"},
		{func(o *ec2.Options) { o.Endpoint = "http://example.com" }, "unencrypted"},
		{func(o *ec2.Options) { o.Endpoint = "ftp://example.com" }, "must begin with https:// or http://"},
		{func(o *ec2.Options) { o.Endpoint = "https://u:p@example.com" }, "must not have a user"},
		{func(o *ec2.Options) { o.Endpoint = "localhost:80" }, "the endpoint for AWS is invalid"},
		{func(o *ec2.Options) { o.Metadata = "https://x" }, "invalid address of the metadata service"},
		{func(o *ec2.Options) { o.Pool = "" }, `invalid pool name ""`},
		{func(o *ec2.Options) { o.Pool = "w*" }, `invalid pool name "w*"`},
		{func(o *ec2.Options) { o.LaunchTemplate = "" }, "the launch template is not set"},
		{func(o *ec2.Options) { o.LaunchTemplate = "web:latest" }, `invalid version "latest" of the launch template`},
		{func(o *ec2.Options) { o.LaunchTemplate = "a b" }, `invalid launch template "a b"`},
		{func(o *ec2.Options) { o.Sizes = []string{"large"} }, `invalid size "large"`},
	} {
		o := options(account())
		c.spoil(&o)
		_, err := ec2.New(o)
		if c.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", o, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, have %v", c.want, err)
		}
		if err != nil && strings.Contains(err.Error(), "with space") {
			t.Error("the error tells a secret")
		}
	}
	_, err := ec2.New(ec2.Options{})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("all that is wrong at once: %v", err)
	}
}

type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

func shortly(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), 200*time.Millisecond)
}
