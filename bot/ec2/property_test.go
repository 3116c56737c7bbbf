package ec2_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
)

// The meaning of A depends on What.
type happening struct {
	What, Name, A int
}

// Whatever is ordered, ended, lost, refused or forgotten in a restart: each name has at most one live server, an ended server does not come
// back, and once reads have caught up the list is true.
func TestPoolOfAnyHistory(t *testing.T) {
	one := rapid.Custom(func(r *rapid.T) happening {
		return happening{rapid.IntRange(0, 6).Draw(r, "what"), rapid.IntRange(0, 2).Draw(r, "name"), rapid.IntRange(0, 5).Draw(r, "a")}
	})
	rapidtest.Check(t, func(r *rapid.T) {
		all := rapid.SliceOfN(one, 1, 30).Draw(r, "happenings")
		s := fake()
		pick := func(name string, of ...time.Duration) time.Duration { return rapid.SampledFrom(of).Draw(r, name) }
		s.Lag = pick("lag", 0, 3*time.Second, 12*time.Second)
		s.Boot, s.End = pick("boot", 0, time.Minute), pick("end", 0, 2*time.Minute)
		s.PageSize = rapid.SampledFrom([]int{1, 2, 1000}).Draw(r, "page")
		s.Limit = rapid.SampledFrom([]int{0, 2}).Draw(r, "limit")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			h := history{s: s, p: provider(s), ended: map[string]bool{}}
			for _, x := range all {
				h.happen(t, x)
				h.look(x)
			}
			h.settle(t)
			wrong = h.wrong
		})
		if len(wrong) > 0 {
			r.Fatalf("%s", strings.Join(wrong, "\n"))
		}
	})
}

type history struct {
	s     *ec2test.Server
	p     *ec2.Provider
	ended map[string]bool
	mends []func()
	wrong []string
}

func (h *history) fail(format string, args ...any) {
	h.wrong = append(h.wrong, fmt.Sprintf(format, args...))
}

func (h *history) happen(t *testing.T, x happening) {
	name := fmt.Sprintf("web-%d", x.Name+1)
	switch x.What {
	case 0, 1:
		made, err := h.p.Create(t.Context(), pool.Order{Name: name})
		switch {
		case err == nil && made.Name != name:
			h.fail("Create of %s gave %+v", name, made)
		case err == nil && h.ended[made.ID] && h.s.Lag == 0:
			h.fail("Create of %s gave %s, which has ended", name, made.ID)
		case err != nil && h.s.Limit == 0 && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "InternalError"):
			h.fail("Create of %s: %v", name, err)
		}
	case 2:
		list, err := h.p.List(t.Context())
		if err == nil && len(list) > 0 {
			id := list[x.A%len(list)].ID
			if h.p.Destroy(t.Context(), id) == nil {
				h.ended[id] = true
			}
		}
	case 3:
		h.p = provider(h.s) // a restart
	case 4:
		h.mends = append(h.mends, h.s.Fail("RunInstances", 1, ec2test.Fault{Applied: x.A%2 == 0}))
	case 5:
		action := []string{"RunInstances", "DescribeInstances", "TerminateInstances"}[x.A%3]
		h.mends = append(h.mends, h.s.Fail(action, 1, []ec2test.Fault{ec2test.Throttled, {Status: 500, ID: "InternalError"}}[x.A/3]))
	case 6:
		time.Sleep([]time.Duration{time.Second, 5 * time.Second, 20 * time.Second, 3 * time.Minute, 90 * time.Minute, 26 * time.Hour}[x.A])
	}
}

func (h *history) look(x happening) {
	living := map[string]string{}
	for _, i := range h.s.Instances() {
		if i.State == "shutting-down" {
			continue
		}
		if other := living[i.Tags["Name"]]; other != "" {
			h.fail("after %+v %s is both %s and %s", x, i.Tags["Name"], other, i.ID)
		}
		if h.ended[i.ID] {
			h.fail("after %+v %s lives although Destroy said that it is done", x, i.ID)
		}
		living[i.Tags["Name"]] = i.ID
	}
}

func (h *history) settle(t *testing.T) {
	for _, mend := range h.mends {
		mend()
	}
	time.Sleep(5 * time.Minute)
	list, err := h.p.List(t.Context())
	if n := len(h.s.Instances()); err != nil || n != len(list) {
		h.fail("the list has %d servers, AWS %d: %v", len(list), n, err)
	}
	for _, v := range list {
		if got, err := h.p.Describe(t.Context(), v.ID); err != nil || got != v {
			h.fail("Describe = %+v, %v, the list says %+v", got, err, v)
		}
	}
}

// FuzzAnswer: no answer, of any status, breaks anything or yields an instance without the tag.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><instanceState><name>running</name>`+
		`</instanceState><launchTime>2026-01-02T03:04:05.000Z</launchTime><tagSet><item><key>autoscalebot:pool</key><value>web</value></item></tagSet></item>`+
		`</instancesSet></item></reservationSet></DescribeInstancesResponse>`)
	f.Add(200, `<a><nextToken>x</nextToken></a>`)
	f.Add(200, `{}`)
	f.Add(400, `<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>gone</Message></Error></Errors><RequestID>x</RequestID></Response>`)
	f.Add(403, `<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>`+ec2test.SecretKey+"</Message></Error></ErrorResponse>")
	f.Add(503, "<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status/100 == 5 || status == 429 || len(body) > 1<<16 {
			return // retries take time
		}
		answer := canned{status, body}
		p := valid(ec2.NewOver(options(account()), answer))
		ctx, cancel := shortly(t)
		defer cancel()
		list, err := p.List(ctx)
		if err != nil && (len(list) > 0 || strings.Contains(err.Error(), ec2test.SecretKey) || len(err.Error()) > 2000) {
			t.Errorf("List = %v, %v", list, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
			t.Errorf("the error is not fit for a line of a log: %q", err)
		}
		_, _ = p.Describe(ctx, "i-0123456789abcdef0")
		_, _ = p.Images(ctx)
		g := valid(ec2.NewGroupOver(account(), "web", answer))
		if n, _, err := g.Size(ctx); err != nil && n != 0 {
			t.Errorf("Size = %d, %v", n, err)
		}
	})
}
