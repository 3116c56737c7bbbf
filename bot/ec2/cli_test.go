package ec2_test

import (
	"cmp"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
)

// The commands of docs/pools/aws.md set up a pool.
func TestTheCLIUnderstandsTheFake(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath(cmp.Or(os.Getenv("AWS_CLI"), "aws"))
	if err != nil {
		t.Skip("there is no aws CLI here (pip install awscli, or name one by AWS_CLI)")
	}
	s, _ := started(t)
	arn, id := s.AddTargetGroup("web", 80), s.AddInstance("t3.nano", nil)
	for _, c := range []struct {
		args, want string
		fails      bool
	}{
		{"sts get-caller-identity --query [Account,Arn]", "123456789012\tarn:aws:iam::123456789012:user/autoscalebot", false},
		{"ec2 describe-launch-templates --query LaunchTemplates[].[LaunchTemplateName,LatestVersionNumber]", "web-servers\t1", false},
		{"ec2 describe-launch-templates --launch-template-names gone", "InvalidLaunchTemplateName.NotFoundException", true},
		{"ec2 describe-launch-templates --filters Name=launch-template-name,Values=w?b-* --query LaunchTemplates[].LaunchTemplateName", "web-servers", false},
		{"ec2 describe-launch-templates --filters Name=launch-template-name,Values=b* --query length(LaunchTemplates)", "0", false},
		{"ec2 run-instances --launch-template LaunchTemplateName=web-servers --dry-run", "DryRunOperation", true},
		{"ec2 describe-instances --query length(Reservations)", "1", false},
		{"ec2 terminate-instances --dry-run --instance-ids " + id, "DryRunOperation", true},
		{"ec2 describe-instances --query Reservations[].Instances[].State.Name", "running", false},
		{"elbv2 describe-target-groups --query TargetGroups[].TargetGroupArn", arn, false},
	} {
		cmd := exec.CommandContext(t.Context(), path, append(strings.Fields(c.args), "--endpoint-url", s.URL, "--region", ec2test.Region, "--output", "text")...)
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "no_proxy=*",
			"AWS_ACCESS_KEY_ID=" + ec2test.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + ec2test.SecretKey,
		}
		out, err := cmd.CombinedOutput()
		if (err != nil) != c.fails || !strings.Contains(string(out), c.want) {
			t.Errorf("aws %s: %v, %s, want %q", c.args, err, out, c.want)
		}
	}
}

func TestTheCLIFindsTheSameCredentials(t *testing.T) {
	path, err := exec.LookPath(cmp.Or(os.Getenv("AWS_CLI"), "aws"))
	if err != nil {
		t.Skip("there is no aws CLI here (pip install awscli, or name one by AWS_CLI)")
	}
	for _, c := range places() {
		if strings.HasSuffix(c.name, "that has ended") {
			continue // shares the start of another
		}
		t.Run(c.name, func(t *testing.T) {
			s := fake()
			defer s.Start()()
			t.Setenv("HOME", t.TempDir()) // for a role's cached credentials
			c.set(t, s)
			cmd := exec.CommandContext(t.Context(), path, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
			cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.URL, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+s.URL, "AWS_DEFAULT_REGION="+ec2test.Region,
				"AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "no_proxy=*")
			if c.profile != "" {
				cmd.Env = append(cmd.Env, "AWS_PROFILE="+c.profile)
			}
			want := "user/autoscalebot"
			if !strings.HasPrefix(c.from, "the profile ") || strings.Contains(c.from, "single sign-on") {
				want = "assumed-role/autoscalebot/"
			}
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
				t.Errorf("aws: %v, %s, want %q", err, out, want)
			}
		})
	}
}
