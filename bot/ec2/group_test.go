package ec2_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

var (
	_ bot.Scaler            = (*ec2.Group)(nil)
	_ bot.UpReporter        = (*ec2.Group)(nil)
	_ bot.Checker           = (*ec2.Group)(nil)
	_ bot.LeftAloneReporter = (*ec2.Group)(nil)
)

func group(s *ec2test.Server) *ec2.Group {
	return valid(ec2.NewGroupOver(account(), "web", s))
}

func TestGroupKeepsTheContract(t *testing.T) {
	scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
		s, a := started(t)
		s.Boot, s.End = 20*time.Millisecond, 20*time.Millisecond
		s.AddGroup(ec2test.Group{Name: "web", Max: 10, Desired: 2})
		s.AddGroup(ec2test.Group{Name: "other", Max: 10, Desired: 1})
		g := valid(ec2.NewGroup(a, "web"))
		return scalertest.Fixture{
			Unit:    "instance",
			Scaler:  g,
			Count:   func() int { n, _ := s.GroupSize("web"); return n },
			Set:     func(n int) { s.SetGroup("web", func(g *ec2test.Group) { g.Desired = n }) },
			Break:   func() func() { return s.Fail("", -1, broken) },
			Secrets: []string{ec2test.SecretKey},
		}
	})
}

func TestGroupKeepsItsOwnLimits(t *testing.T) {
	s := fake()
	s.AddGroup(ec2test.Group{Name: "web", Min: 1, Max: 4, Desired: 2})
	g := group(s)
	for n, says := range map[int]string{0: "Raise MIN_DYNOS", 5: "Lower MAX_DYNOS"} {
		if err := g.Resize(t.Context(), n); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Resize(%d) = %v, want %q", n, err, says)
		}
	}
	if n := s.Count("SetDesiredCapacity"); n != 0 {
		t.Errorf("%d calls that AWS would refuse", n)
	}
	// The group's own cooldown would add to the bot's.
	must(t, g.Resize(t.Context(), 4))
	if calls := s.Calls(); calls[len(calls)-1].Params.Get("HonorCooldown") != "false" {
		t.Errorf("the call was %v", calls[len(calls)-1].Params)
	}
}

func wantSize(t *testing.T, g *ec2.Group, when string, n, up int, settled bool) {
	t.Helper()
	got, s, err := g.Size(t.Context())
	if err != nil || got != n || s != settled {
		t.Errorf("%s: Size = %d, %v, %v, want %d, %v", when, got, s, err, n, settled)
	}
	if got, err := g.Up(t.Context()); err != nil || got != up {
		t.Errorf("%s: Up = %d, %v, want %d", when, got, err, up)
	}
}

func TestGroupSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Boot, s.End = 2*time.Minute, time.Minute
		s.AddGroup(ec2test.Group{Name: "web", Max: 9, Desired: 2})
		g := group(s)
		wantSize(t, g, "at first", 2, 2, true)
		must(t, g.Resize(t.Context(), 4))
		wantSize(t, g, "while they start", 4, 2, false)
		time.Sleep(3 * time.Minute)
		wantSize(t, g, "when they have started", 4, 4, true)
		must(t, g.Resize(t.Context(), 3))
		wantSize(t, g, "while one ends", 3, 3, false)
		time.Sleep(2 * time.Minute)
		wantSize(t, g, "when it has ended", 3, 3, true)

		// AWS has no capacity. The bot must not wait forever.
		s.Boot = 1000 * time.Hour
		must(t, g.Resize(t.Context(), 5))
		for range 9 {
			wantSize(t, g, "while there is no capacity", 5, 3, false)
			time.Sleep(time.Minute)
		}
		time.Sleep(2 * time.Minute)
		wantSize(t, g, "when there is none for long", 5, 3, true)
	})
}

func TestGroupThatIsLeftAlone(t *testing.T) {
	s := fake()
	s.AddGroup(ec2test.Group{Name: "web", Max: 9, Desired: 2})
	g := group(s)
	for _, c := range []struct {
		set  func(*ec2test.Group)
		want string
	}{
		{func(*ec2test.Group) {}, ""},
		{func(g *ec2test.Group) { g.Suspended = []string{"AZRebalance", "Launch"} }, "process Launch is suspended"},
		{func(g *ec2test.Group) { g.Suspended = []string{"Terminate"} }, "process Terminate is suspended"},
		{func(g *ec2test.Group) { g.Suspended = []string{"AZRebalance"} }, ""},
		{func(g *ec2test.Group) { g.Deleting = true }, "is being deleted"},
	} {
		s.SetGroup("web", c.set)
		if _, _, err := g.Size(t.Context()); err != nil {
			t.Fatal(err)
		}
		if why := g.LeftAlone(); (why == "") != (c.want == "") || !strings.Contains(why, c.want) {
			t.Errorf("LeftAlone = %q, want %q", why, c.want)
		}
	}
}

func TestCheckOfAGroup(t *testing.T) {
	s := fake()
	s.AddGroup(ec2test.Group{Name: "web", Min: 1, Max: 9, Desired: 2})
	credentials := "credentials: access key AKIAFAKEFAKEFAKEFAKE, in eu-central-1"
	found := "Auto Scaling group: web: desired 2 (limits 1 to 9), 2 in service"
	wantChecked(t, check(t, group(s)), credentials, found, "the group's own scaling policies: 0")
	s.SetGroup("web", func(g *ec2test.Group) { g.Policies = []string{"cpu-50"} })
	wantChecked(t, check(t, group(s)), credentials, found, "the group's own scaling policies: 1|cpu-50: they change")
	s.SetGroup("web", func(g *ec2test.Group) { g.Suspended = []string{"Launch"} })
	wantChecked(t, check(t, group(s))[1:2], found+"|so the bot leaves it alone")
	other := valid(ec2.NewGroupOver(account(), "none", s))
	wantChecked(t, check(t, other), credentials, "Auto Scaling group: |EC2_AUTOSCALING_GROUP")
	if _, err := ec2.NewGroup(account(), ""); err == nil {
		t.Error("a group without a name was accepted")
	}
}
