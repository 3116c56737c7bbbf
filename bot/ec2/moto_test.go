package ec2_test

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// moto is a mock of AWS that others wrote. Its answers are in AWS's form, not in what our own fake takes for it.
func TestAgainstMoto(t *testing.T) {
	url := startMoto(t)
	account := ec2.Account{Region: "eu-central-1", Keys: ec2.Keys{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, Endpoint: url}
	aws := awsCLI(t, url, account.Keys)

	image := aws("ec2", "describe-images", "--query", "Images[0].ImageId", "--output", "text")
	aws("ec2", "create-launch-template", "--launch-template-name", "web-servers", "--launch-template-data", `{"ImageId":"`+image+`","InstanceType":"t3.small"}`)
	p, err := ec2.New(ec2.Options{Account: account, Pool: "web", LaunchTemplate: "web-servers", Price: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "t3.large"})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	again, err := p.Create(t.Context(), pool.Order{Name: "web-1", Size: "t3.large"})
	if err != nil || again.ID != s.ID {
		t.Errorf("Create again = %+v, %v, want the same", again, err)
	}
	got, err := p.Describe(t.Context(), s.ID)
	if err != nil || got.Name != "web-1" || got.Size != "t3.large" || got.State != pool.Active || got.Address == "" || got.Price != 0.02 {
		t.Errorf("Describe = %+v, %v", got, err)
	}
	if list, err := p.List(t.Context()); err != nil || len(list) != 1 || list[0] != got {
		t.Errorf("List = %+v, %v", list, err)
	}
	foreign := aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t3.small", "--query", "Instances[0].InstanceId", "--output", "text")
	if err := p.Destroy(t.Context(), foreign); !errors.Is(err, pool.ErrNotOurs) {
		t.Errorf("Destroy of a server of somebody else's = %v", err)
	}
	p.Check(t.Context(), func(what, found string, err error) { t.Log(what, "|", found, "|", err) })

	if err := p.Destroy(t.Context(), s.ID); err != nil {
		t.Error(err)
	}
	if _, err := p.Describe(t.Context(), s.ID); !errors.Is(err, pool.ErrGone) {
		t.Errorf("Describe of a server that is gone: %v", err)
	}
	if _, err := p.Describe(t.Context(), "i-0123456789abcdef0"); !errors.Is(err, pool.ErrGone) {
		t.Errorf("Describe of a server that never was: %v", err)
	}
	if list, err := p.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("List = %+v, %v", list, err)
	}
}

// startMoto starts moto's server where it is installed, and returns its URL.
func startMoto(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto is not installed (pip install 'moto[server]', not in Debian)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", port)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("moto does not start: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), "Running on") {
				lines <- s.Text()
			}
		}
	}()
	select {
	case _, ok := <-lines:
		if !ok {
			t.Skip("moto does not run here")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("moto was not up within 30 s")
	}
	return "http://127.0.0.1:" + port
}

// awsCLI returns a function that runs AWS's own command-line client against a URL.
func awsCLI(t *testing.T, url string, keys ec2.Keys) func(args ...string) string {
	t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed (apt-get install awscli)")
	}
	home := t.TempDir()
	path, pathEnv := path, "PATH=/usr/local/bin:/usr/bin:/bin"
	return func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, append([]string{"--endpoint-url", url, "--region", "eu-central-1"}, args...)...)
		cmd.Env = []string{
			pathEnv, "HOME=" + home, "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", regexp.MustCompile(`\s+`).ReplaceAllString(strings.Join(args, " "), " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
}
