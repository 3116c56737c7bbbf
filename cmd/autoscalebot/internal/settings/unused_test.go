package settings_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSettingsInVainAreTold(t *testing.T) {
	template := filepath.Join(t.TempDir(), "haproxy.tmpl")
	must(t, os.WriteFile(template, []byte("$SERVERS\n"), 0o600))
	env(t, slices.Concat(droplets, []string{"EC2_LAUNCH_TEMPLATE=web", "AWS_REGION=eu-central-1", "EC2_AUTOSCALING_GROUP=web", "HAPROXY_TEMPLATE=" + template, "SERVER_PRICE_PER_HOUR=0.02"})...)
	want := []string{
		"EC2_AUTOSCALING_GROUP: set in vain, since only PLATFORM=autoscaling-group uses it",
		"EC2_LAUNCH_TEMPLATE: set in vain, since only POOL_PROVIDER=ec2 uses it",
		"HAPROXY_TEMPLATE: set in vain, since only POOL_BALANCER=haproxy-file uses it",
		"SERVER_PRICE_PER_HOUR: set in vain, since only a provider without prices of its own uses it",
	}
	if got := loaded(t).Unused(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	env(t, "POOL_PROVIDER=ec2", "DIGITALOCEAN_TOKEN="+secret)
	want = []string{"POOL_PROVIDER: set in vain, since only PLATFORM=pool uses it", "DIGITALOCEAN_TOKEN: set in vain, since only POOL_PROVIDER=digitalocean uses it"}
	if got := loaded(t).Unused(); !slices.Equal(got, want) {
		t.Errorf("on Heroku: got %q", got)
	}
}
