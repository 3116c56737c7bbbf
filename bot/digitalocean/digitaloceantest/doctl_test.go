package digitaloceantest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func doctl(t *testing.T, srv *digitaloceantest.Server) func(args string) (output string, ok bool) {
	t.Helper()
	path := os.Getenv("DOCTL")
	if path == "" {
		found, err := exec.LookPath("doctl")
		if err != nil {
			t.Skip("doctl is not installed: in a copy of the module github.com/digitalocean/doctl v1.104.0, `go build -mod=mod ./cmd/doctl` makes it " +
				"in about two minutes; then set DOCTL to it, or put it on the PATH")
		}
		path = found
	}
	home := t.TempDir()
	config := filepath.Join(home, "config.yaml")
	must(t, os.WriteFile(config, nil, 0o600))
	return func(args string) (string, bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		common := []string{"--config", config, "--api-url", srv.URL, "--access-token", srv.Token, "--http-retry-max", "0"}
		cmd := exec.CommandContext(ctx, path, append(common, strings.Fields(args)...)...)
		cmd.Env, cmd.Dir = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}, home
		out, err := cmd.CombinedOutput()
		t.Logf("doctl %s\n%s", args, out)
		return string(out), err == nil
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDoctlWorksOnTheFake(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	run := doctl(t, srv)
	p, err := digitalocean.New(digitalocean.Options{Token: srv.Token, URL: srv.URL, Tag: "web", Region: "fra1", Image: "ubuntu-24-04-x64"})
	must(t, err)
	var made []pool.Server
	for i := range 3 {
		s, err := p.Create(t.Context(), pool.Order{Name: fmt.Sprintf("web-%d", i+1)})
		must(t, err)
		made = append(made, s)
	}
	lb := srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "front"})
	b, err := p.LoadBalancer(lb)
	must(t, err)
	must(t, b.Add(t.Context(), made[0]))
	golden, err := p.Snapshot(t.Context(), made[0].ID, "golden", func(string) {})
	must(t, err)
	one, two := made[0].ID, made[1].ID
	for _, c := range []struct{ args, want string }{
		{"account get", `owner@example\.com`},
		{"compute droplet list --tag-name web --format ID,Name,Status,Tags --no-header", `^\d+ +web-1 +active +web\n\d+ +web-2 +active +web\n\d+ +web-3 +active +web\n$`},
		{"compute droplet list --format PrivateIPv4,PublicIPv4,Memory,VCPUs,Disk,Region --no-header", `^10\.\S+ +203\.\S+ +1024 +1 +25 +fra1`},
		{"compute droplet get " + one + " --template {{.Name}}", `^web-1`},
		{"compute load-balancer get " + lb + " --format DropletIDs --no-header", `^` + one + `\n$`},
		{"compute load-balancer add-droplets " + lb + " --droplet-ids " + two, ``},
		{"compute load-balancer list --format Name,Status,DropletIDs --no-header", `^front +active +` + one + `,` + two},
		{"compute image list-user --format ID,Name,Type --no-header", `^` + golden.ID + ` +golden +snapshot`},
		{"compute snapshot list --format ID,Name,ResourceId --no-header", `^` + golden.ID + ` +golden +` + one},
		{"compute size list --format Slug,PriceHourly --no-header", `s-1vcpu-1gb +0\.008930`},
		{"compute region list --format Slug --no-header", `^fra1\nnyc3\n$`},
		{"compute tag list --no-header", `^web +3`},
		{"compute droplet-action power-off " + two + " --wait --format Type,Status --no-header", `^power_off +completed`},
		{"compute droplet-action resize " + two + " --size s-2vcpu-2gb --wait --format Type,Status --no-header", `^resize +completed`},
		{"compute droplet actions " + two + " --format Type,Status --no-header", `^resize +completed\npower_off +completed\ncreate +completed\n$`},
		{"compute droplet create web-4 --image " + golden.ID + " --size s-1vcpu-2gb --region fra1 --tag-name web --wait --format Name,Status --no-header", `^web-4 +active`},
		{"compute droplet tag " + two + " --tag-name serving", `could not be found`},
		{"compute tag create serving", `serving +0`},
		{"compute droplet tag " + two + " --tag-name serving", ``},
		{"compute droplet list --tag-name serving --format ID --no-header", `^` + two + `\n$`},
		{"compute droplet delete --force " + one, ``},
		{"compute droplet get " + one, `404`},
	} {
		out, _ := run(c.args)
		if !regexp.MustCompile(c.want).MatchString(out) {
			t.Errorf("doctl %s: want %q in:\n%s", c.args, c.want, out)
		}
	}
	servers, err := p.List(t.Context())
	var got []string
	for _, s := range servers {
		got = append(got, s.Name+" "+string(s.State)+" "+s.Size)
	}
	if want := "web-2 off s-2vcpu-2gb, web-3 active s-1vcpu-1gb, web-4 active s-1vcpu-2gb"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("the bot sees %s, %v; want %s", strings.Join(got, ", "), err, want)
	}
	if members, err := b.Members(t.Context()); err != nil || len(members) != 1 || members[0].ID != two {
		t.Errorf("behind the balancer are %+v, %v; want %s", members, err, two)
	}
	if _, ok := run("compute droplet delete --force " + strconv.Itoa(1)); ok {
		t.Error("doctl deletes a droplet that is not there")
	}
}
