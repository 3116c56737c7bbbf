package ec2_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

// moto is an independent mock of AWS, so its answers do not share the mistakes of our own fake.
func TestAgainstMoto(t *testing.T) {
	t.Parallel()
	address := startMoto(t)
	a := ec2.Account{Region: "eu-central-1", Keys: ec2.Keys{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, Endpoint: address}
	// These calls are unsigned, but moto reads the service's name from the signature.
	by := func(service, version string, form ...string) string {
		t.Helper()
		v := url.Values{"Version": {version}}
		for n := 0; n < len(form); n += 2 {
			v.Set(form[n], form[n+1])
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/", strings.NewReader(v.Encode()))
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/"+service+"/aws4_request, SignedHeaders=host, Signature=x")
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("moto: %v: %s\n%s", form, resp.Status, body)
		}
		return string(body)
	}
	find := func(text, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("moto's answer has no %s:\n%.2000s", pattern, text)
		}
		return m[1]
	}
	byEC2 := func(form ...string) string { t.Helper(); return by("ec2", "2016-11-15", form...) }
	image := find(byEC2("Action", "RegisterImage", "Name", "base", "RootDeviceName", "/dev/sda1"), `<imageId>(ami-\w+)<`)
	template := find(byEC2("Action", "CreateLaunchTemplate", "LaunchTemplateName", "web-servers", "LaunchTemplateData.ImageId", image,
		"LaunchTemplateData.InstanceType", "t3.small"), `<launchTemplateId>(lt-\w+)<`)
	vpc := find(byEC2("Action", "DescribeVpcs"), `<vpcId>(vpc-\w+)<`)
	arn := find(by("elasticloadbalancing", "2015-12-01", "Action", "CreateTargetGroup", "Name", "web", "Protocol", "HTTP", "Port", "80", "VpcId", vpc),
		`<TargetGroupArn>([^<]+)<`)
	by("autoscaling", "2011-01-01", "Action", "CreateAutoScalingGroup", "AutoScalingGroupName", "web", "MinSize", "0", "MaxSize", "5",
		"DesiredCapacity", "1", "LaunchTemplate.LaunchTemplateId", template, "AvailabilityZones.member.1", "eu-central-1a")

	t.Run("a group", func(t *testing.T) {
		g := valid(ec2.NewGroup(a, "web"))
		if n, settled, err := g.Size(t.Context()); n != 1 || !settled || err != nil {
			t.Errorf("Size = %d, %v, %v", n, settled, err)
		}
		must(t, g.Resize(t.Context(), 3))
		if n, err := g.Up(t.Context()); n != 3 || err != nil {
			t.Errorf("Up = %d, %v", n, err)
		}
		wantChecked(t, check(t, g)[1:], "Auto Scaling group: web: desired 3 (limits 0 to 5), 3 in service", "the group's own scaling policies: 0")
	})

	t.Run("sizes", func(t *testing.T) {
		p := valid(ec2.New(ec2.Options{Account: a, Pool: "web", LaunchTemplate: "web-servers", Sizes: []string{"t3.large", "t3.small"}}))
		want := []pool.Size{{Name: "t3.small", CPUs: 2, Memory: 2048}, {Name: "t3.large", CPUs: 2, Memory: 8192}}
		if sizes, err := p.Sizes(t.Context()); err != nil || !slices.Equal(sizes, want) {
			t.Errorf("Sizes = %+v, %v, want %+v", sizes, err, want)
		}
	})

	for _, from := range []string{"web-servers", template + ":1"} {
		p := valid(ec2.New(ec2.Options{Account: a, Pool: "web", LaunchTemplate: from, Price: 0.02}))
		s, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "t3.large"})
		must(t, err)
		again, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "t3.large"})
		if err != nil || again.ID != s.ID {
			t.Errorf("Create again = %+v, %v, want %s", again, err, s.ID)
		}
		got, err := p.Describe(t.Context(), s.ID)
		if err != nil || got.Name != "web-1" || got.Size != "t3.large" || got.State != pool.Active || got.Address == "" || time.Since(got.Created).Abs() > time.Hour {
			t.Errorf("Describe = %+v, %v", got, err)
		}
		if list, err := p.List(t.Context()); err != nil || len(list) != 1 || list[0] != got {
			t.Errorf("List = %+v, %v, want the one", list, err)
		}
		wantChecked(t, check(t, p)[1:], "servers of the pool web: 1", "launch template: "+strings.TrimSuffix(from, ":1")+", version 1: image "+image+", t3.small",
			"create a server: permitted (dry run)")
		foreign := find(byEC2("Action", "RunInstances", "ImageId", image, "MinCount", "1", "MaxCount", "1"), `<instanceId>(i-\w+)<`)
		if err := p.Destroy(t.Context(), foreign); !errors.Is(err, pool.ErrNotOurs) {
			t.Errorf("Destroy of a server of somebody else's: %v", err)
		}

		g := valid(ec2.NewTargetGroup(a, arn))
		must(t, g.Add(t.Context(), s))
		if m := member(t, g, s.ID); m.ID != s.ID || m.State == pool.Draining {
			t.Errorf("the member is %+v", m)
		}
		wantChecked(t, check(t, g)[:1], "target group: web, HTTP on port 80, health check /, drains for 300 s|no load balancer uses it")
		must(t, g.Remove(t.Context(), pool.Member{ID: s.ID}))
		if m := member(t, g, s.ID); m.ID != "" {
			t.Errorf("after Remove there is %+v", m)
		}

		must(t, p.Destroy(t.Context(), s.ID))
		for _, id := range []string{s.ID, "i-0123456789abcdef0", "nonsense"} {
			if _, err := p.Describe(t.Context(), id); !errors.Is(err, pool.ErrGone) {
				t.Errorf("Describe of %s, which is gone: %v", id, err)
			}
		}
		if list, err := p.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("List = %+v, %v", list, err)
		}
		images, err := p.Images(t.Context())
		if err != nil || len(images) != 1 || images[0].ID != image || images[0].Created.IsZero() {
			t.Errorf("Images = %+v, %v", images, err)
		}
	}
}

// Unlike AWS's, moto's metadata service issues tokens without their lifetime.
func TestRolesOfMoto(t *testing.T) {
	address := startMoto(t)
	for _, c := range places() {
		if c.name != "a web identity" && c.name != "a profile's role" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			c.set(t, nil)
			g := valid(ec2.NewGroup(ec2.Account{Region: "eu-central-1", Profile: c.profile, Endpoint: address}, "web"))
			wantChecked(t, check(t, g)[:1], "credentials: "+c.from+", in eu-central-1")
			if _, _, err := g.Size(t.Context()); err == nil || !strings.Contains(err.Error(), "the group does not exist") {
				t.Errorf("Size = %v", err)
			}
		})
	}
}

func startMoto(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed (pip's moto[server]; Debian has none)")
	}
	port := porttest.Port(t)
	cmd := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", port)
	out, err := cmd.StderrPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Skipf("moto does not start: %v", err)
	}
	up := make(chan bool, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), "Running on") {
				up <- true
			}
		}
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended; _ = cmd.Wait() })
	select {
	case <-up:
	case <-ended:
		t.Skip("moto does not run here")
	case <-time.After(30 * time.Second):
		t.Fatal("moto was not up within 30 s")
	}
	return "http://127.0.0.1:" + port
}
