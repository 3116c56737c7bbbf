package ec2_test

import (
	"cmp"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
)

// The AWS CLI itself works with the fake, as somebody uses it who sets a pool up by docs/pools/aws.md.
func TestTheCLIUnderstandsTheFake(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath(cmp.Or(os.Getenv("AWS_CLI"), "aws"))
	if err != nil {
		t.Skip("there is no aws CLI here (pip install awscli, or name one by AWS_CLI)")
	}
	s, _ := started(t)
	arn := s.AddTargetGroup("web", 80)
	for _, c := range []struct {
		args, want string
		fails      bool
	}{
		{"sts get-caller-identity --query [Account,Arn]", "123456789012\tarn:aws:iam::123456789012:user/autoscalebot", false},
		{"ec2 describe-launch-templates --query LaunchTemplates[].[LaunchTemplateName,LatestVersionNumber]", "web-servers\t1", false},
		{"ec2 describe-launch-templates --launch-template-names gone", "InvalidLaunchTemplateName.NotFoundException", true},
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
