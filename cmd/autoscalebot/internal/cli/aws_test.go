//go:build linux

package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
)

func newAWS(t *testing.T) (fake *ec2test.Server, env []string) {
	fake = ec2test.New()
	t.Cleanup(fake.Start())
	return fake, []string{
		"HEARTBEAT_URL=http://127.0.0.1:1/", "HEROKU_APP_NAME=shop", "HISTORY=none", "XDG_RUNTIME_DIR=" + t.TempDir(),
		"AWS_REGION=" + ec2test.Region, "AWS_ACCESS_KEY_ID=" + ec2test.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + ec2test.SecretKey, "AWS_ENDPOINT_URL=" + fake.URL,
	}
}

func TestServersAtAWS(t *testing.T) {
	t.Parallel()
	fake, env := newAWS(t)
	fake.AddTemplate("web", fake.AddImage("web-1", time.Now()), "t3.small")
	arn := fake.AddTargetGroup("web", 80)
	env = append(env, "PLATFORM=pool", "POOL_PROVIDER=ec2", "POOL_BALANCER=target-group", "EC2_LAUNCH_TEMPLATE=web", "EC2_TARGET_GROUP="+arn, "HEALTH_CHECK_PATH=none",
		"SERVER_PRICE_PER_HOUR=t3.small=0.0208,t3.large=0.0416", "SIZES=t3.small,t3.large", "POOL_MAX_DOLLARS_PER_HOUR=0.03")
	run := func(code int, args string, wants ...string) {
		t.Helper()
		o := runOnce(t, env, strings.Fields(args)...)
		for _, want := range wants {
			if !strings.Contains(oneSpaced(o.stdout+o.stderr), want) {
				t.Errorf("%s does not say %q:\n%s%s", args, want, o.stdout, o.stderr)
			}
		}
		if o.code != code || strings.Contains(o.stdout+o.stderr, ec2test.SecretKey) {
			t.Errorf("%s: code %d, want %d, and no secret\n%s%s", args, o.code, code, o.stdout, o.stderr)
		}
	}
	run(exitFine, "servers sizes", "t3.small 2 2048 MB 0.02080 1", "t3.large 2 8192 MB 0.04160 2")
	run(exitFine, "servers images", "web-1")
	run(exitFine, "servers spinup --yes", "web-1 serves at ")
	run(exitFine, "servers list", "active serving", "1 servers in pool web, $0.0208 an hour")
	run(exitWork, "servers spinup --yes", "the pool would cost $0.0416 an hour, and POOL_MAX_DOLLARS_PER_HOUR is 0.03")
	if targets := fake.Targets(arn); len(targets) != 1 {
		t.Errorf("behind the target group are %v", targets)
	}
	run(exitFine, "servers destroy web-1 --yes", "is gone")
	if targets := fake.Targets(arn); len(targets) != 0 {
		t.Errorf("behind the target group are %v", targets)
	}
	run(exitWork, "check", "sizes ok t3.small ($0.0208 an hour), t3.large ($0.0416 an hour)", "one server of size t3.large costs $0.0416 an hour: more than the limit, so none can be created")
	env = append(env, "SIZES=t3.small,t9.huge", "SERVER_PRICE_PER_HOUR=t3.small=0.0208,t9.huge=1", "POOL_MAX_DOLLARS_PER_HOUR=0.01")
	run(exitWork, "check", "sizes WRONG", "t9.huge: eu-central-1 does not have it", "one server of size t3.small costs $0.0208 an hour: more than the limit, so none can be created")
	env = append(env, "SIZES=m1.small", "SERVER_PRICE_PER_HOUR=0.02", "POOL_MAX_DOLLARS_PER_HOUR=") // not in the list, but available
	run(exitWork, "check", "sizes ok m1.small")
}

func TestTheBotSetsAnAutoscalingGroup(t *testing.T) {
	t.Parallel()
	fake, env := newAWS(t)
	fake.AddGroup(ec2test.Group{Name: "web", Min: 1, Max: 5, Desired: 1})
	app := newHeart(t)
	app.answer(refuses)
	env = append(slices.Clone(env), "PLATFORM=autoscaling-group", "EC2_AUTOSCALING_GROUP=web", "HEARTBEAT_URL="+app.url+"/autoscalebot/heartbeat/",
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.3", "HEARTBEAT_FAIL_ON=any", "MAX_DYNOS=2", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2")
	b := start(t, []string{ec2test.SecretKey}, env...)
	b.wait("a second instance", func() bool {
		_, desired := fake.GroupSize("web")
		return desired == 2
	})
	b.terminate()
	if o := runOnce(t, env, "check"); !strings.Contains(oneSpaced(o.stdout), "instances ok 2 now") {
		t.Errorf("check says\n%s%s", o.stdout, o.stderr)
	}
}

// Two process types are two pools that do not touch each other's servers.
func TestTwoPools(t *testing.T) {
	t.Parallel()
	c, app := newCloud(t), newHeart(t)
	file := t.TempDir() + "/autoscale.yaml"
	text := fmt.Sprintf("platform: pool\nheartbeat_url: %s/autoscalebot/heartbeat/\nheartbeat_interval_in_seconds: 0.5\nprocesses:\n  web:\n    min_dynos: 1\n  worker:\n    min_dynos: 2\n    pool_name: jobs\n", app.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := start(t, []string{c.Token}, c.env("AUTOSCALE_FILE="+file, "HEARTBEAT_URL=", "PLATFORM=", "HEALTH_CHECK_PASSES=1")...)
	b.wait("all servers", func() bool { return len(c.names("web")) == 1 && len(c.names("jobs")) == 2 })
	b.terminate()
	if got := fmt.Sprint(c.names("web"), c.names("jobs")); got != "[web-1] [jobs-1 jobs-2]" && got != "[web-1] [jobs-2 jobs-1]" {
		t.Errorf("the pools are %s", got)
	}
}
