package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Neither a server nor HAProxy outlives a demo that is killed.
func TestDemoOfAPoolThatIsKilledLeavesNoProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	t.Parallel()
	pgrep, err := exec.LookPath("pgrep")
	if err != nil {
		t.Skip("without pgrep nobody can tell whether processes were left behind")
	}
	temp := t.TempDir()
	program := ownBinary(t)
	cmd := exec.Command(program, "demo", "--pool")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + temp}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var balancer string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := regexp.MustCompile(`answers at http://([0-9.:]+), its servers behind`).FindStringSubmatch(lines.Text()); m != nil {
			balancer = m[1]
			break
		}
	}
	serve := exec.Command(pgrep, "-f", program+" sample-app").Run()
	if err := cmd.Process.Kill(); err != nil || balancer == "" || serve != nil {
		t.Fatalf("the demo did not begin: the balancer is at %q, and the servers' processes: %v, %v", balancer, serve, err)
	}
	_ = cmd.Wait()
	left := func() string {
		what, _ := exec.Command(pgrep, "-af", program+" sample-app|"+temp).Output()
		if c, err := net.Dial("tcp", balancer); err == nil {
			c.Close()
			return "the balancer at " + balancer + " " + string(what)
		}
		return strings.TrimSpace(string(what))
	}
	for until := time.Now().Add(10 * time.Second); left() != ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("10 s after its end there is still %s", left())
		}
	}
}
