package ec2_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// The script runs in a Python with botocore, without the settings of this machine.
func botocore(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import botocore").Run() != nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), python, append([]string{"testdata/hold.py"}, args...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "PYTHONDONTWRITEBYTECODE=1", "no_proxy=*"}
		cmd.Stdin = bytes.NewReader(input)
		var bad bytes.Buffer
		cmd.Stderr = &bad
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("hold.py %v: %v\n%s", args, err, bad.Bytes())
		}
		return out
	}
	t.Skip("botocore is not installed (apt-get install python3-botocore)")
	return nil
}

func TestCallsAreValidForBotocore(t *testing.T) {
	var calls []ec2test.Call
	synctest.Test(t, func(t *testing.T) { calls = allCalls(t) })
	made := map[string]bool{}
	for _, c := range calls {
		made[c.Action] = true
	}
	for _, action := range strings.Fields(`RunInstances DescribeInstances TerminateInstances StopInstances StartInstances ModifyInstanceAttribute
		DescribeInstanceTypes CreateImage DescribeImages DescribeLaunchTemplateVersions RegisterTargets DeregisterTargets DescribeTargetHealth
		DescribeTargetGroups DescribeTargetGroupAttributes DescribeAutoScalingGroups SetDesiredCapacity DescribePolicies`) {
		if !made[action] {
			t.Errorf("%s was not called, so it is not held", action)
		}
		delete(made, action)
	}
	if len(made) > 0 {
		t.Errorf("the fake knows actions that are not held here: %v", made)
	}
	input, err := json.Marshal(calls)
	must(t, err)
	if wrong := botocore(t, input, "validate"); len(wrong) > 0 {
		t.Errorf("AWS's models do not know all of what was sent:\n%s", wrong)
	}
}

func allCalls(t *testing.T) []ec2test.Call {
	s := fake()
	s.PageSize = 1
	s.AddGroup(ec2test.Group{Name: "web", Max: 4, Desired: 1})
	p, g, tg := provider(s), group(s), targetGroup(s, s.AddTargetGroup("web", 80))
	byID := valid(ec2.NewOver(ec2.Options{
		Account: account(), Pool: "web", LaunchTemplate: s.AddTemplate("x", "ami-0abc", "t3.nano") + ":$Latest", Sizes: []string{"t3.nano"},
	}, s))
	a := create(t, p, "web-1")
	b, err := byID.Create(t.Context(), pool.Order{Name: "web-2", Size: "t3.large"})
	must(t, err)
	wantNames(t, p, "web-1 active", "web-2 active")
	for _, c := range []checker{p, byID, tg, g} {
		check(t, c)
	}
	for name, call := range map[string]func() error{
		"Sizes":      func() error { return second(p.Sizes(t.Context())) },
		"some Sizes": func() error { return second(byID.Sizes(t.Context())) },
		"Images":     func() error { return second(p.Images(t.Context())) },
		"Describe":   func() error { return second(p.Describe(t.Context(), b.ID)) },
		"Snapshot": func() error {
			return errors.Join(second(p.Snapshot(t.Context(), a.ID, "an image", quiet)), second(p.Snapshot(t.Context(), a.ID, "an image", quiet)))
		},
		"Resize":          func() error { return p.Resize(t.Context(), a.ID, "t3.large", quiet) },
		"Resize of group": func() error { return g.Resize(t.Context(), 2) },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, errors.Join(tg.Add(t.Context(), a), tg.Drain(t.Context(), pool.Member{ID: a.ID}), p.Destroy(t.Context(), b.ID)))
	return s.Calls()
}

func second[T any](_ T, err error) error { return err }

func TestBotocoreUnderstandsTheFake(t *testing.T) {
	t.Parallel()
	s, a := started(t)
	s.PageSize = 2
	s.AddGroup(ec2test.Group{Name: "web", Max: 4, Desired: 1})
	s.AddTargetGroup("web", 80)
	s.AddTemplate("other", "", "t3.nano")
	p := valid(ec2.New(options(a)))
	for _, n := range []string{"web-1", "web-2", "web-3"} {
		create(t, p, n)
	}
	var got, want any
	must(t, json.Unmarshal(botocore(t, nil, "drive", s.URL), &got))
	if err := json.Unmarshal([]byte(`{
		"pages": 2,
		"instances": [["web-1", "running", "t3.small", "10.0.0.2", true], ["web-2", "running", "t3.small", "10.0.0.3", true],
			["web-3", "running", "t3.small", "10.0.0.4", true]],
		"template": {"ImageId": "ami-0abc", "InstanceType": "t3.small"},
		"images": ["an image"],
		"type": [2, 8192],
		"health": [[true, 80, "healthy"]],
		"attributes": {"stickiness.enabled": "false", "deregistration_delay.timeout_seconds": "0"},
		"group": [0, 4, 3, ["InService"], 3],
		"ended": "running",
		"errors": [["InvalidInstanceID.NotFound", true], ["ValidationError", true], ["TargetGroupNotFound", true],
			["InvalidLaunchTemplateName.NotFoundException", true], ["InvalidLaunchTemplateId.NotFound", true], ["InvalidClientTokenId", true]],
		"templates": [["web-servers", 1, 1, true], ["other", 1, 1, true]],
		"named templates": [["web-servers"], ["web-servers"], ["other"]],
		"caller": ["123456789012", "arn:aws:iam::123456789012:user/autoscalebot", true]
	}`), &want); err != nil {
		t.Fatal(err)
	}
	g, _ := json.MarshalIndent(got, "", " ")
	w, _ := json.MarshalIndent(want, "", " ")
	if !bytes.Equal(g, w) {
		t.Errorf("botocore understood\n%s\nwant\n%s", g, w)
	}
}
