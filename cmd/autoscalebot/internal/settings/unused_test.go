package settings_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSettingsInVainAreReported(t *testing.T) {
	template := filepath.Join(t.TempDir(), "haproxy.tmpl")
	must(t, os.WriteFile(template, []byte("$SERVERS\n"), 0o600))
	env(t, slices.Concat(droplets, []string{"EC2_LAUNCH_TEMPLATE=web", "AWS_REGION=eu-central-1", "EC2_AUTOSCALING_GROUP=web", "HAPROXY_TEMPLATE=" + template, "SERVER_PRICE_PER_HOUR=0.02"})...)
	want := []string{
		"EC2_AUTOSCALING_GROUP: has no effect: only PLATFORM=autoscaling-group uses it",
		"EC2_LAUNCH_TEMPLATE: has no effect: only POOL_PROVIDER=ec2 uses it",
		"HAPROXY_TEMPLATE: has no effect: only POOL_BALANCER=haproxy-file uses it",
		"SERVER_PRICE_PER_HOUR: has no effect: the provider reports prices",
	}
	if got := loaded(t).Unused(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	env(t, "POOL_PROVIDER=ec2", "DIGITALOCEAN_TOKEN="+secret)
	want = []string{"POOL_PROVIDER: has no effect: only PLATFORM=pool uses it", "DIGITALOCEAN_TOKEN: has no effect: only POOL_PROVIDER=digitalocean uses it"}
	if got := loaded(t).Unused(); !slices.Equal(got, want) {
		t.Errorf("on Heroku: got %q", got)
	}
}
