package ec2_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func account() ec2.Account {
	return ec2.Account{Region: ec2test.Region, Keys: ec2.Keys{AccessKeyID: ec2test.AccessKeyID, SecretAccessKey: ec2test.SecretKey}}
}

func options(a ec2.Account) ec2.Options {
	return ec2.Options{Account: a, Pool: "web", LaunchTemplate: "web-servers"}
}

func valid[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fake() *ec2test.Server {
	s := ec2test.New()
	s.AddTemplate("web-servers", "ami-0abc", "t3.small")
	return s
}

func provider(s *ec2test.Server) *ec2.Provider {
	return valid(ec2.NewOver(ec2.Options{Account: account(), Pool: "web", LaunchTemplate: "web-servers", Price: 0.02}, s))
}

func create(t *testing.T, p *ec2.Provider, name string) pool.Server {
	t.Helper()
	s, err := p.Create(t.Context(), pool.Order{Name: name})
	if err != nil {
		t.Fatalf("Create %s: %v", name, err)
	}
	return s
}

func wantNames(t *testing.T, p *ec2.Provider, want ...string) {
	t.Helper()
	list, err := p.List(t.Context())
	must(t, err)
	var got []string
	for _, s := range list {
		got = append(got, s.Name+" "+string(s.State))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("List = %q, want %q", got, want)
	}
}

func living(s *ec2test.Server) (n int) {
	for _, i := range s.Instances() {
		if i.Tags["autoscalebot:pool"] == "web" && i.State != "shutting-down" {
			n++
		}
	}
	return n
}

func TestServerBearsTheTagFromItsFirstMomentOn(t *testing.T) {
	s := fake()
	p := valid(ec2.NewOver(ec2.Options{
		Account: account(), Pool: "web", LaunchTemplate: "web-servers:1", Public: true, Prices: map[string]float64{"t3.large": 0.09}, Price: 0.02,
	}, s))
	made, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "t3.large"})
	must(t, err)
	if made.Name != "web-1" || made.State != pool.Making || made.Size != "t3.large" || made.Price != 0.09 || made.Created.IsZero() {
		t.Errorf("Create = %+v", made)
	}
	i := s.Instances()[0]
	if i.Tags["autoscalebot:pool"] != "web" || i.Tags["Name"] != "web-1" || len(i.Tags) != 2 || i.ID != made.ID {
		t.Errorf("made %+v", i)
	}
	got, err := p.Describe(t.Context(), made.ID)
	if err != nil || got.State != pool.Active || got.Address != i.PublicIP || got.Address == "" {
		t.Errorf("Describe = %+v, %v, want the public address %s", got, err, i.PublicIP)
	}
	if got := create(t, provider(s), "web-2"); got.Size != "t3.small" || got.Address != "10.0.0.3" || got.Price != 0.02 {
		t.Errorf("a server of the template's size = %+v", got)
	}
}

// The answer may be lost, EC2 may not show the first server yet, and the program may restart.
func TestOneOrderMakesOneServer(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := fake()
			s.Lag, s.Boot = 20*time.Second, time.Minute
			p := provider(s)
			s.Fail("RunInstances", 1, ec2test.Fault{Applied: true})
			_, err := p.Create(t.Context(), pool.Order{Name: "web-1"})
			if err == nil || errors.Is(err, pool.ErrRefused) {
				t.Fatalf("Create whose answer is lost: %v", err)
			}
			if n := s.Count("RunInstances"); n != 1 {
				t.Errorf("%d orders were sent", n)
			}
			if restart {
				p = provider(s)
			}
			a, b := create(t, p, "web-1"), create(t, p, "web-1")
			if a.ID != b.ID || living(s) != 1 {
				t.Errorf("%d servers, %s and %s", living(s), a.ID, b.ID)
			}
			if create(t, p, "web-2").ID == a.ID || living(s) != 2 {
				t.Errorf("web-2 is web-1")
			}
		})
	}
}

func TestNameIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Boot, s.End = 30*time.Second, time.Minute
		seen := map[string]bool{}
		for _, later := range []time.Duration{0, 10 * time.Second, 5 * time.Minute, 2 * time.Hour, 2 * time.Hour, 2 * time.Hour, 30 * time.Hour} {
			time.Sleep(later)
			made := create(t, provider(s), "web-1")
			if seen[made.ID] {
				t.Fatalf("after %v web-1 is an old server, %s", later, made.ID)
			}
			seen[made.ID] = true
			time.Sleep(time.Minute)
			if again := create(t, provider(s), "web-1"); again.ID != made.ID || living(s) != 1 {
				t.Fatalf("after %v Create made another one of web-1", later)
			}
			must(t, provider(s).Destroy(t.Context(), made.ID))
		}
	})
}

func TestNameIsUsedAgainAllDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		p := provider(s)
		for range 96 {
			made := create(t, p, "web-1")
			time.Sleep(10 * time.Minute)
			must(t, p.Destroy(t.Context(), made.ID))
			time.Sleep(5 * time.Minute)
		}
		if n := s.Count("RunInstances"); n != 96 {
			t.Errorf("%d orders for 96 servers", n)
		}
	})
}

func TestNewServerIsKnownBeforeEC2ShowsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Lag, s.End = 10*time.Second, 30*time.Second
		p := provider(s)
		a := create(t, p, "web-1")
		wantNames(t, p, "web-1 making")
		if got, err := p.Describe(t.Context(), a.ID); err != nil || got != a {
			t.Errorf("Describe of a new server = %+v, %v", got, err)
		}
		if _, err := provider(s).Describe(t.Context(), a.ID); !errors.Is(err, pool.ErrGone) {
			t.Errorf("a server that the program does not know: %v", err)
		}
		// It cannot be terminated before EC2 knows it. Taking that for its end would leave it running forever.
		must(t, p.Destroy(t.Context(), a.ID))
		if n := living(s); n != 0 {
			t.Errorf("%d servers after the end of the only one", n)
		}
		wantNames(t, p, "web-1 ending") // EC2's reads still show it as running
		if err := p.Destroy(t.Context(), a.ID); err != nil || s.Count("TerminateInstances") > 12 {
			t.Errorf("Destroy of one that is on its way out: %v, %d calls", err, s.Count("TerminateInstances"))
		}
		time.Sleep(time.Minute)
		wantNames(t, p)
		if _, err := p.Describe(t.Context(), a.ID); !errors.Is(err, pool.ErrGone) || !strings.Contains(err.Error(), "User initiated shutdown") {
			t.Errorf("Describe of one that has ended: %v", err)
		}
	})
}

// A server that EC2 does not know before the deadline must not count as gone.
func TestNewServerThatCannotBeDestroyedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.Lag = 2 * time.Minute
		p := provider(s)
		a := create(t, p, "web-1")
		start := time.Now()
		err := p.Destroy(t.Context(), a.ID)
		if err == nil || !strings.Contains(err.Error(), "It must still be destroyed") || errors.Is(err, pool.ErrGone) {
			t.Errorf("Destroy = %v", err)
		}
		if took := time.Since(start); took > 26*time.Second {
			t.Errorf("it took %v", took)
		}
		wantNames(t, p, "web-1 making")
	})
}

func TestListHasAllPagesAndNoServersOfOthers(t *testing.T) {
	s := fake()
	s.PageSize = 2
	p := provider(s)
	for _, n := range []string{"web-1", "web-2", "web-3", "web-4", "web-5"} {
		create(t, p, n)
	}
	s.AddInstance("t3.small", map[string]string{"Name": "web-6"})
	s.AddInstance("t3.small", map[string]string{"Name": "web-7", "autoscalebot:pool": "other"})
	wantNames(t, provider(s), "web-1 active", "web-2 active", "web-3 active", "web-4 active", "web-5 active")
	if n := s.Count("DescribeInstances"); n < 3 {
		t.Errorf("%d calls for 3 pages", n)
	}
}

func TestForeignServersAreNotTouched(t *testing.T) {
	s := fake()
	p := provider(s)
	for _, tags := range []map[string]string{nil, {"autoscalebot:pool": "other"}, {"autoscalebot:pool": "WEB"}} {
		id := s.AddInstance("t3.small", tags)
		if err := p.Destroy(t.Context(), id); !errors.Is(err, pool.ErrNotOurs) {
			t.Errorf("Destroy of one with the tags %v: %v", tags, err)
		}
		if _, err := p.Describe(t.Context(), id); !errors.Is(err, pool.ErrNotOurs) {
			t.Errorf("Describe of one with the tags %v: %v", tags, err)
		}
		if err := p.Resize(t.Context(), id, "t3.large", quiet); !errors.Is(err, pool.ErrNotOurs) {
			t.Errorf("Resize of one with the tags %v: %v", tags, err)
		}
		if _, err := p.Snapshot(t.Context(), id, "image", quiet); !errors.Is(err, pool.ErrNotOurs) {
			t.Errorf("Snapshot of one with the tags %v: %v", tags, err)
		}
	}
	for _, id := range []string{"", "web-1", "123", "i-0123456789abcdef0", "i-0123456789abcdef0&InstanceId.2=i-1"} {
		if err := p.Destroy(t.Context(), id); err != nil {
			t.Errorf("Destroy of %q, which is gone: %v", id, err)
		}
		if _, err := p.Describe(t.Context(), id); !errors.Is(err, pool.ErrGone) {
			t.Errorf("Describe of %q: %v", id, err)
		}
	}
	for _, c := range s.Calls() {
		if c.Action != "DescribeInstances" {
			t.Errorf("%s was called", c.Action)
		}
	}
}

// AWS promises the filter, but the tag is checked anyway.
func TestListThatIsNotFiltered(t *testing.T) {
	const shape = `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId>` +
		`<instanceState><name>running</name></instanceState>%s</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`
	for tags, want := range map[string]int{
		"": 0,
		"<tagSet><item><key>autoscalebot:pool</key><value>other</value></item></tagSet>": 0,
		"<tagSet><item><key>autoscalebot:pool</key><value>web</value></item></tagSet>":   1,
	} {
		p := valid(ec2.NewOver(options(account()), canned{200, fmt.Sprintf(shape, tags)}))
		if list, err := p.List(t.Context()); err != nil || len(list) != want {
			t.Errorf("List of a server with the tags %q = %v, %v", tags, list, err)
		}
		if _, err := p.Describe(t.Context(), "i-00000000000000000"); !errors.Is(err, pool.ErrGone) {
			t.Errorf("Describe that is answered with another server: %v", err)
		}
	}
}

func TestProtectedServerIsAnError(t *testing.T) {
	s := fake()
	p := provider(s)
	a := create(t, p, "web-1")
	s.Change(a.ID, func(i *ec2test.Instance) { i.NeverEnds = true })
	err := p.Destroy(t.Context(), a.ID)
	if !errors.Is(err, pool.ErrRefused) || !strings.Contains(err.Error(), "disableApiTermination") {
		t.Errorf("Destroy = %v", err)
	}
	wantNames(t, p, "web-1 active")
}

func TestServerThatIsOff(t *testing.T) {
	s := fake()
	p := provider(s)
	a := create(t, p, "web-1")
	s.Change(a.ID, func(i *ec2test.Instance) { i.State = "stopping" })
	got, err := p.Describe(t.Context(), a.ID)
	if err != nil || got.State != pool.Off || got.Note != "stopped" {
		t.Errorf("Describe = %+v, %v", got, err)
	}
	if again := create(t, p, "web-1"); again.ID != a.ID {
		t.Errorf("Create made another one beside one that is off")
	}
}
