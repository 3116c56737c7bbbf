package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// A unit is the section [Service] of a systemd unit, by key.
type unit map[string][]string

func readUnit(t *testing.T, path string) unit {
	u := unit{}
	_, service, ok := strings.Cut(read(t, path), "[Service]")
	if !ok {
		t.Fatalf("%s has no [Service]", path)
	}
	service, _, _ = strings.Cut(service, "\n[")
	for line := range strings.Lines(service) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			u[key] = append(u[key], value)
		}
	}
	return u
}

func (u unit) says(line string) bool {
	key, value, _ := strings.Cut(line, "=")
	return len(u[key]) > 0 && u[key][len(u[key])-1] == value
}

// A shell script that sets up the unit's view of the file system in its own mount namespace, and starts the program as another user
// without capabilities. $0 is the program. WORLD is a folder that replaces /var/lib, /run and /root.
func (u unit) confinement(t *testing.T, uid int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "set -e\nPROGRAM=$0\nfor d in lib run home; do mkdir -p $WORLD/$d; done\nmount --bind $WORLD/lib /var/lib\nmount --bind $WORLD/run /run\n")
	kept := "" // the writable folders
	for key, base := range map[string]string{"StateDirectory": "/var/lib", "RuntimeDirectory": "/run"} {
		for _, name := range u[key] {
			dir := filepath.Join(base, name)
			mode := "0755"
			if m := u[key+"Mode"]; len(m) > 0 {
				mode = m[0]
			}
			fmt.Fprintf(&s, "mkdir -p %[1]s\nchown %[2]d:%[2]d %[1]s\nchmod %[3]s %[1]s\n", dir, uid, mode)
			kept += " " + dir
		}
	}
	if u.says("PrivateTmp=yes") {
		s.WriteString("cp $PROGRAM $WORLD/program\nmount --bind $WORLD /mnt\nmount -t tmpfs -o mode=1777 tmpfs /tmp\nPROGRAM=/mnt/program\n")
		kept += " /tmp"
	}
	if u.says("ProtectHome=yes") {
		s.WriteString("mount --bind $WORLDIN/home /root\n")
	}
	if u.says("ProtectSystem=strict") {
		fmt.Fprintf(&s, "for d in%s; do mount --bind $d $d; done\nmount -o remount,bind,ro /\nmount -o remount,bind,ro /var/lib\nmount -o remount,bind,ro /run\n", kept)
	}
	options := ""
	if u.says("ProcSubset=pid") {
		options += ",subset=pid"
	}
	if u.says("ProtectProc=invisible") {
		options += ",hidepid=invisible"
	}
	fmt.Fprintf(&s, "mount -t proc -o nosuid%s proc /proc\n", options)
	fmt.Fprintf(&s, "exec setpriv --reuid %[1]d --regid %[1]d --clear-groups --no-new-privs --bounding-set=-all -- $PROGRAM\n", uid)
	return strings.ReplaceAll(s.String(), "$WORLDIN", map[bool]string{true: "/mnt", false: "$WORLD"}[u.says("PrivateTmp=yes")])
}

// Under the unit's restrictions the bot can write its history, answer root's commands, and read the machine's signals.
func TestTheSystemdUnitLetsTheBotWork(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to set up what systemd does")
	}
	for _, tool := range []string{"unshare", "nsenter", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	if out, err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %s", out)
	}
	t.Parallel()
	u := readUnit(t, "../../../../examples/systemd/autoscalebot.service")
	world := t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HEROKU_APP_NAME=shop", "PLATFORM=command", "COUNT_COMMAND=echo 2", "SCALE_COMMAND=true",
		"HEARTBEAT_URL=none", "HEARTBEAT_INTERVAL_IN_SECONDS=0.2", "HEARTBEAT_TIMEOUT_IN_SECONDS=0.15", "RULES=cpu max=100; memory max=100",
	}
	for _, line := range u["Environment"] {
		env = append(env, strings.Fields(line)...)
	}
	boot := func() *process {
		by := []string{"unshare", "-m", "--propagation", "private", "sh", "-c", u.confinement(t, 65010)}
		return startBy(t, by, nil, append([]string{"WORLD=" + world}, env...)...)
	}
	ask := func(b *process, args ...string) (string, error) {
		in := append([]string{"-m", "-t", fmt.Sprint(b.cmd.Process.Pid), "/mnt/program"}, args...)
		cmd := exec.Command("nsenter", in...)
		cmd.Env, cmd.Dir = env, "/"
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		return out.String(), err
	}
	b := boot()
	var said string
	b.wait("an answer to root", func() bool {
		var err error
		said, err = ask(b, "status")
		return err == nil
	})
	signals := regexp.MustCompile(`cpu is [0-9.]+ %.* memory is [0-9.]+ %`)
	b.wait("the signals of the machine", func() bool {
		said, _ = ask(b, "status")
		return signals.MatchString(said)
	})
	if !u.says("ExecReload=/bin/kill -HUP $MAINPID") {
		t.Errorf("the unit reloads by %q", u["ExecReload"])
	}
	b.signal(syscall.SIGHUP)
	b.wait("the answer to systemctl reload", func() bool { return strings.Contains(b.log.String(), "no settings file to read again") })
	if out, err := ask(b, "pause", "up", "1h"); err != nil {
		t.Fatal(err, out)
	}
	b.terminate()

	b = boot()
	b.wait("an answer to root", func() bool {
		var err error
		said, err = ask(b, "status")
		return err == nil
	})
	if !strings.Contains(said, "scaling up is paused until") {
		t.Errorf("after a restart the pause is forgotten: %s", said)
	}
	b.terminate()
	if found, _ := filepath.Glob(filepath.Join(world, "lib", "autoscalebot", "*.db")); len(found) != 1 {
		t.Errorf("the histories in /var/lib/autoscalebot are %v", found)
	}
}
