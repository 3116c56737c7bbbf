package settings_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

var droplets = []string{
	"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "POOL_BALANCER=haproxy", "HEARTBEAT_URL=https://www.example.com/heartbeat", "HEROKU_APP_NAME=", "HEROKU_API_KEY=",
	"DIGITALOCEAN_TOKEN=" + secret, "DIGITALOCEAN_REGION=fra1", "DIGITALOCEAN_IMAGE=web", "SIZES=s-1vcpu-1gb,s-2vcpu-2gb",
	"HAPROXY_SOCKETS=/run/haproxy/admin.sock", "HAPROXY_BACKEND=web",
}

var instances = []string{
	"PLATFORM=pool", "POOL_PROVIDER=ec2", "POOL_BALANCER=target-group", "HEARTBEAT_URL=https://www.example.com/heartbeat", "HEROKU_APP_NAME=", "HEROKU_API_KEY=",
	"AWS_REGION=eu-central-1", "EC2_LAUNCH_TEMPLATE=web", "EC2_TARGET_GROUP=arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef",
}

func TestPools(t *testing.T) {
	racetest.Computes(t)
	for _, c := range []struct {
		name string
		base []string
		env  []string
		want string // what is wrong, "" for nothing
	}{
		{"droplets", droplets, nil, ""},
		{"instances", instances, nil, ""},
		{
			"nothing",
			[]string{"PLATFORM=pool", "HEARTBEAT_URL=https://www.example.com/"},
			nil,
			"POOL_PROVIDER: is not set; choose who makes the servers: digitalocean, ec2, command or local\n" +
				"POOL_BALANCER: is not set; choose the load balancer: haproxy, haproxy-file, digitalocean, target-group, local or none",
		},
		{"no such provider", droplets, []string{"POOL_PROVIDER=linode"}, "POOL_PROVIDER: \"linode\": must be digitalocean, ec2, command or local"},
		{"no such balancer", droplets, []string{"POOL_BALANCER=nginx"}, "POOL_BALANCER: \"nginx\": must be haproxy, haproxy-file, digitalocean, target-group, local or none"},
		{
			"droplets without all",
			[]string{"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "POOL_BALANCER=digitalocean", "HEARTBEAT_URL=/"},
			nil,
			"DIGITALOCEAN_TOKEN: is not set; create one at https://cloud.digitalocean.com/account/api/tokens\n" +
				"DIGITALOCEAN_REGION: is not set; set the region of new droplets, such as fra1\n" +
				"DIGITALOCEAN_IMAGE: is not set; set the image of new droplets. List your snapshots with: autoscalebot servers images\n" +
				"SIZES: is not set; set the size of new droplets, such as s-1vcpu-1gb. List the sizes with: autoscalebot servers sizes\n" +
				"DIGITALOCEAN_LOAD_BALANCER: is not set; set the load balancer's id. List the ids with: doctl compute load-balancer list\n" +
				"HEARTBEAT_URL: \"/\" is only a path: set the whole URL, because PLATFORM=pool does not know the app's",
		},
		{
			"an API without encryption", droplets,
			[]string{"DIGITALOCEAN_API_URL=http://api.example.com"},
			"DIGITALOCEAN_API_URL: \"http://api.example.com\" would send the token unencrypted: must be https://…, or http://… on a loopback address",
		},
		{"user data that is not there", droplets, []string{"DIGITALOCEAN_USER_DATA_FILE=/nowhere/cloud.yml"}, "DIGITALOCEAN_USER_DATA_FILE: open /nowhere/cloud.yml: no such file or directory"},
		{
			"instances without all",
			[]string{"PLATFORM=pool", "POOL_PROVIDER=ec2", "POOL_BALANCER=target-group", "HEARTBEAT_URL=https://www.example.com/"},
			nil,
			"AWS_REGION: is not set; set the region, such as eu-central-1\n" +
				"EC2_LAUNCH_TEMPLATE: is not set; it names the launch template of new instances. List them with: aws ec2 describe-launch-templates\n" +
				"EC2_TARGET_GROUP: is not set; set the target group's ARN. List the ARNs with: aws elbv2 describe-target-groups",
		},
		{"half a key", instances, []string{"AWS_SECRET_ACCESS_KEY=" + secret}, "AWS_ACCESS_KEY_ID: is not set; AWS_SECRET_ACCESS_KEY needs it"},
		{"the other half", instances, []string{"AWS_ACCESS_KEY_ID=AKIA"}, "AWS_SECRET_ACCESS_KEY: is not set; AWS_ACCESS_KEY_ID needs it"},
		{"a region's name", instances, []string{"AWS_REGION=Frankfurt"}, "AWS_REGION: \"Frankfurt\": must be a region's code, such as eu-central-1"},
		{
			"a group's name", instances,
			[]string{"EC2_TARGET_GROUP=web"},
			"EC2_TARGET_GROUP: \"web\": must be the target group's ARN, such as arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef",
		},
		{
			"a balancer of another provider", instances,
			[]string{"POOL_BALANCER=digitalocean", "DIGITALOCEAN_LOAD_BALANCER=x", "DIGITALOCEAN_TOKEN=x"},
			"POOL_BALANCER: digitalocean works only with POOL_PROVIDER=digitalocean: must be haproxy, haproxy-file or none",
		},
		{
			"the other one", droplets,
			[]string{"POOL_BALANCER=target-group", "EC2_TARGET_GROUP=arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web/1"},
			"POOL_BALANCER: target-group works only with POOL_PROVIDER=ec2: must be haproxy, haproxy-file or none",
		},
		{
			"a scaling group",
			[]string{"PLATFORM=autoscaling-group", "HEARTBEAT_URL=https://www.example.com/"},
			nil,
			"AWS_REGION: is not set; set the region, such as eu-central-1\nEC2_AUTOSCALING_GROUP: is not set; it names the group. List them with: aws autoscaling describe-auto-scaling-groups",
		},
		{"a pool's name", droplets, []string{"POOL_NAME=Web Servers"}, "POOL_NAME: \"Web Servers\": must be at most 40 lower-case letters, digits and hyphens, and begin with a letter, such as web"},
		{
			"HAProxy without all", droplets,
			[]string{"HAPROXY_SOCKETS=", "HAPROXY_BACKEND="},
			"HAPROXY_SOCKETS: is not set; set the socket of each HAProxy, such as /run/haproxy/admin.sock\nHAPROXY_BACKEND: is not set; set the name of the backend in HAProxy's configuration",
		},
		{
			"HAProxy's file without all", droplets,
			[]string{"POOL_BALANCER=haproxy-file", "HAPROXY_HOSTS=root@lb1,root@lb 2"},
			"HAPROXY_TEMPLATE: is not set; set the template of HAProxy's configuration, with the line $SERVERS\n" +
				"SSH_KEY_FILE: is not set; set a private key that may log in to HAPROXY_HOSTS",
		},
		{
			"health", droplets,
			[]string{"HEALTH_CHECK_PATH=healthz", "HEALTH_CHECK_HOST=https://x", "HEALTH_CHECK_PASSES=0", "SERVER_PORT=http"},
			"SERVER_PORT: \"http\": must be a port from 1 to 65535, such as 80 or 8080\n" +
				"HEALTH_CHECK_PATH: \"healthz\": must be a path that begins with a slash, such as /healthz, or tcp, or none\n" +
				"HEALTH_CHECK_HOST: \"https://x\": must be a host name, such as www.example.com\n" +
				"HEALTH_CHECK_PASSES: 0: must be at least 1. To switch health checks off, set HEALTH_CHECK_PATH=none",
		},
		{"health by https", droplets, []string{"HEALTH_CHECK_TLS=true"}, "HEALTH_CHECK_HOST: is not set; HEALTH_CHECK_TLS needs the name in the certificate, such as www.example.com"},
		{"no window", droplets, []string{"MAINTENANCE_WINDOW=at night"}, "MAINTENANCE_WINDOW: \"at\" is not a day of the week; use mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"},
		{
			"sizes", droplets,
			[]string{"SIZES=a,b c,a", "DYNO_SIZES=standard-1x,standard-2x"},
			"SIZES: \"b c\": must be a size, such as s-1vcpu-1gb. List the sizes with: autoscalebot servers sizes\nSIZES: duplicate size a\nDYNO_SIZES: is for Heroku. Set SIZES for a pool",
		},
		{
			"one size to choose from", droplets,
			[]string{"SIZES=s-1vcpu-1gb", "RULES=full max=90 min=20 scale=size", "SIGNALS=full=nodes+http://10.0.0.1:9100#memory"},
			"SIZES: a rule with scale=size needs at least two sizes, the smallest first, such as s-1vcpu-1gb,s-2vcpu-2gb",
		},
		{"a budget without a price", instances, []string{"MONTHLY_BUDGET=100"}, "SERVER_PRICE_PER_HOUR: is not set; MONTHLY_BUDGET needs it because POOL_PROVIDER=ec2 reports no prices"},
		{"a budget with one", instances, []string{"MONTHLY_BUDGET=100", "SERVER_PRICE_PER_HOUR=0.02"}, ""},
		{
			"one price for several sizes", instances,
			[]string{"SIZES=t3.small,t3.large", "SERVER_PRICE_PER_HOUR=0.02"},
			"SERVER_PRICE_PER_HOUR: 0.02 is one price, and SIZES has 2 sizes. Write the price of each: t3.small=0.02,t3.large=0.04",
		},
		{"a price for each size", instances, []string{"SIZES=t3.small,t3.large", "SERVER_PRICE_PER_HOUR=t3.small=0.02,t3.large=0.08"}, ""},
		{"a price for each size, with spaces and in capitals", instances, []string{"SIZES=t3.small, t3.large", "SERVER_PRICE_PER_HOUR= T3.SMALL = $0.02 , t3.large=0.08"}, ""},
		{"one size that differs from the others", instances, []string{"SIZES=t3.small,t3.large", "SERVER_PRICE_PER_HOUR=0.02,t3.large=0.08"}, ""},
		{
			"one price for two of three", instances,
			[]string{"SIZES=t3.small,t3.medium,t3.large", "SERVER_PRICE_PER_HOUR=0.02,t3.large=0.08"},
			"SERVER_PRICE_PER_HOUR: 0.02 is one price, and SIZES has 2 sizes without a price. Write the price of each: t3.small=0.02,t3.medium=0.04,t3.large=0.08",
		},
		{"a size without a price", instances, []string{"SIZES=t3.small,t3.large", "SERVER_PRICE_PER_HOUR=t3.small=0.02"}, "SERVER_PRICE_PER_HOUR: has no price for the size t3.large. Write the price of each: t3.large=0.0208"},
		{"a price of a size that is misspelt", instances, []string{"SIZES=t3.small", "SERVER_PRICE_PER_HOUR=t3.smal=0.02"}, "SERVER_PRICE_PER_HOUR: has no price for the size t3.small. Write the price of each: t3.small=0.0208"},
		{
			"a size with two prices", instances,
			[]string{"SIZES=t3.small", "SERVER_PRICE_PER_HOUR=t3.small=0.02,T3.small=0.03"},
			`SERVER_PRICE_PER_HOUR: "t3.small=0.02,T3.small=0.03": must be dollars such as 0.0208, or sizes and prices such as t3.small=0.0208,t3.medium=0.0416`,
		},
		{"one price for one size", instances, []string{"SIZES=t3.small", "SERVER_PRICE_PER_HOUR=0.02"}, ""},
		{"one price where the provider tells them", droplets, []string{"SIZES=a,b", "SERVER_PRICE_PER_HOUR=0.02"}, ""},
		{"victims", droplets, []string{"POOL_VICTIMS=random"}, "POOL_VICTIMS: \"random\": must be newest or oldest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			env(t, slices.Concat(c.base, c.env)...)
			_, err := settingstest.Load()
			var ps settings.Problems
			errors.As(err, &ps)
			var got []string
			for _, p := range ps {
				got = append(got, p.String())
			}
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("got\n%s\nwant\n%s", text, c.want)
			}
			if strings.Contains(fmt.Sprint(err), secret) {
				t.Error("a secret is shown")
			}
		})
	}
}

func TestAPoolIsNamedAfterItsProcessType(t *testing.T) {
	env(t, slices.Concat(droplets, []string{"HEROKU_PROCESS_TYPE=worker", "MAINTENANCE_WINDOW=sat,sun 3:00-5:00", "TIME_ZONE=Europe/Berlin"})...)
	s := loaded(t)
	if s.Pooled() != "worker" || !slices.Equal(s.Ladder(), []string{"s-1vcpu-1gb", "s-2vcpu-2gb"}) {
		t.Errorf("the pool is %s, of %v", s.Pooled(), s.Ladder())
	}
	inside, outside := time.Date(2026, 3, 7, 2, 30, 0, 0, time.UTC), time.Date(2026, 3, 6, 2, 30, 0, 0, time.UTC) // half past three in Berlin
	if !s.Maintenance.At(inside) || s.Maintenance.At(outside) {
		t.Error("the maintenance window is not Saturday in Berlin")
	}
}

func TestPoolsOfOneNameAreRefused(t *testing.T) {
	inFile(t, "platform: pool\npool_provider: ec2\npool_balancer: none\naws_region: eu-central-1\nec2_launch_template: web\nheartbeat_url: none\npool_name: shop\nprocesses:\n  web: {}\n  worker: {}\n",
		"HEROKU_APP_NAME=", "HEROKU_API_KEY=")
	_, err := settings.LoadAll()
	if want := "POOL_NAME: web and worker must not share it. Set it for each, below the process type in the file"; !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A bot of a pool with the name of another pool's temporary servers would destroy them.
func TestAPoolIsNotNamedAsTemporaryServersAre(t *testing.T) {
	inFile(t, "platform: pool\npool_provider: ec2\npool_balancer: none\naws_region: eu-central-1\nec2_launch_template: web\nheartbeat_url: none\n"+
		"processes:\n  worker: {pool_name: web-image}\n  web: {}\n", "HEROKU_APP_NAME=", "HEROKU_API_KEY=")
	_, err := settings.LoadAll()
	if text := fmt.Sprint(err); strings.Count(text, "POOL_NAME") != 1 || !strings.Contains(text, `"web-image"`) {
		t.Errorf("got %v, want that web-image is refused", err)
	}
}

func TestAWrongTimeZoneHidesNoWrongWindow(t *testing.T) {
	env(t, slices.Concat(droplets, []string{"MAINTENANCE_WINDOW=at night", "TIME_ZONE=Nowhere"})...)
	refused(t, "MAINTENANCE_WINDOW: ", "TIME_ZONE: ")
}
