package cpu_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	unknownYet = "not known yet: CPU is measured from one probe to the next"
	restarted  = "not known yet: the CPU counters went back, perhaps after a restart, so measuring starts again"
	still      = "the CPU counters do not advance"
)

// It has a /proc and a /sys of its own.
type root string

// A machine of 8000 MB with 6000 MB available, without control groups.
func newRoot(t *testing.T) root {
	if runtime.GOOS != "linux" {
		t.Skip("/proc and /sys are Linux's")
	}
	r := root(t.TempDir())
	r.write(t, "proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\n")
	r.write(t, "proc/meminfo", "MemTotal: 8000000 kB\nMemFree: 1000000 kB\nMemAvailable: 6000000 kB\nBuffers: 0 kB\nCached: 0 kB\n")
	return r
}

func (r root) write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(string(r), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (r root) machine(t *testing.T, s cpu.Signal) *cpu.Machine {
	t.Helper()
	m, err := cpu.New(cpu.Options{Signal: s, Root: string(r)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func want(t *testing.T, p probe.Prober, value float64, why string) {
	t.Helper()
	r := p.Probe(t.Context())
	outcome := probe.Answered
	if why != "" {
		outcome = probe.BadAnswer
	}
	if r.Outcome != outcome || r.Error != why || r.Value-value > 1e-6 || value-r.Value > 1e-6 || r.Unit != "%" {
		t.Errorf("got %+v, want %v %q", r, value, why)
	}
}

func TestCPUIsTheMeanSinceTheProbeBefore(t *testing.T) {
	r := newRoot(t)
	synctest.Test(t, func(t *testing.T) {
		m := r.machine(t, cpu.CPU)
		r.write(t, "proc/stat", "cpu  100 0 0 1000 0 0 0 0 0 0\n")
		want(t, m, 0, unknownYet)
		time.Sleep(10 * time.Second)
		// 20 user, 5 nice, 10 system, 3 irq, 1 softirq, 1 steal, of 100; a guest's 7 are a part of user.
		r.write(t, "proc/stat", "cpu  120 5 10 1055 5 3 1 1 7 0\n")
		want(t, m, 40, "")
		want(t, m, 40, "") // nobody can measure in no time
		time.Sleep(10 * time.Second)
		want(t, m, 0, still)
		r.write(t, "proc/stat", "cpu  220 5 10 1055 4 3 1 1 7 0\n") // time of waiting for disks may go back a little
		time.Sleep(10 * time.Second)
		want(t, m, 100, "")
		r.write(t, "proc/stat", "cpu  9000 0 0 800 0 0 0 0 0 0\n")
		time.Sleep(10 * time.Second)
		want(t, m, 0, restarted)
		r.write(t, "proc/stat", "cpu  2 0 0 3000 0 0 0 0 0 0\n")
		time.Sleep(10 * time.Second)
		want(t, m, 0, restarted)
		r.write(t, "proc/stat", "cpu  27 0 0 3075 0 0 0 0 0 0\n")
		time.Sleep(10 * time.Minute)
		want(t, m, 25, "")
		r.write(t, "proc/stat", "cpu  52 0 0 3150 0 0 0 0 0 0\n")
		time.Sleep(time.Hour)
		want(t, m, 0, unknownYet) // the mean of an hour is not the present value
	})
}

func TestAContainersShareIsAllOfIt(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"version 2": {
			"proc/self/cgroup":                   "0::/docker/web\n",
			"sys/fs/cgroup/docker/web/cpu.max":   "50000 100000\n",
			"sys/fs/cgroup/docker/web/cpu.stat":  "usage_usec %d000000\nuser_usec 5\n",
			"sys/fs/cgroup/docker/cpu.max":       "max 100000\n",
			"sys/fs/cgroup/docker/cpu.stat":      "usage_usec 1\n",
			"sys/fs/cgroup/cpu.stat":             "usage_usec 2\n",
			"sys/fs/cgroup/docker/web/unrelated": "",
		},
		"version 2, from the inside": {
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n", "sys/fs/cgroup/cpu.stat": "usage_usec %d000000\n",
		},
		"version 2, limited above": {
			"proc/self/cgroup": "0::/../pod/web\n", "sys/fs/cgroup/pod/web/cpu.max": "70000 100000\n", "sys/fs/cgroup/pod/web/cpu.stat": "usage_usec 7\n",
			"sys/fs/cgroup/pod/cpu.max": "5000 10000\n", "sys/fs/cgroup/pod/cpu.stat": "usage_usec %d000000\n",
		},
		"version 1": {
			"proc/self/cgroup":                         "5:memory:/x\n4:cpu,cpuacct:/docker/web\n0::/\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":       "50000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":      "100000\n",
			"sys/fs/cgroup/cpuacct/cpuacct.usage":      "%d000000000\n",
			"sys/fs/cgroup/cpuset/cpuset.cpus":         "0-3\n",
			"sys/fs/cgroup/memory/memory.usage_in_byt": "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoot(t)
			used := func(t *testing.T, seconds string) {
				for name, text := range files {
					r.write(t, name, strings.ReplaceAll(text, "%d", seconds))
				}
			}
			synctest.Test(t, func(t *testing.T) {
				used(t, "100")
				m := r.machine(t, cpu.CPU)
				want(t, m, 0, unknownYet)
				time.Sleep(20 * time.Second) // in which half a processor can do 10 s of work
				used(t, "106")
				want(t, m, 60, "")
				time.Sleep(20 * time.Second)
				used(t, "117") // the kernel lets it catch up
				want(t, m, 100, "")
				time.Sleep(20 * time.Second)
				used(t, "3")
				want(t, m, 0, restarted)
			})
		})
	}
}

func TestAChangedShareIsMeasuredAnew(t *testing.T) {
	r := newRoot(t)
	r.write(t, "proc/self/cgroup", "0::/\n")
	r.write(t, "sys/fs/cgroup/cpu.stat", "usage_usec 0\n")
	synctest.Test(t, func(t *testing.T) {
		m := r.machine(t, cpu.CPU)
		for _, quota := range []string{"50000", "60000", "max", "0", "-5", "1e3"} {
			r.write(t, "sys/fs/cgroup/cpu.max", quota+" 100000\n")
			if quota == "0" || quota == "-5" || quota == "1e3" { // no quota either
				want(t, m, 0, still)
			} else {
				want(t, m, 0, unknownYet)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestMemory(t *testing.T) {
	const none = "9223372036854771712\n" // what version 1 says for no limit
	for name, c := range map[string]struct {
		files map[string]string
		want  float64
	}{
		"of the machine": {nil, 25},
		"version 2": {map[string]string{
			"proc/self/cgroup": "0::/web\n", "sys/fs/cgroup/web/memory.max": "1000000\n", "sys/fs/cgroup/web/memory.current": "700000\n",
			"sys/fs/cgroup/web/memory.stat": "anon 500000\ninactive_file 200000\n",
		}, 50},
		"version 2, limited above": {map[string]string{
			"proc/self/cgroup": "0::/pod/web\n", "sys/fs/cgroup/pod/web/memory.max": "max\n", "sys/fs/cgroup/pod/web/memory.current": "7\n",
			"sys/fs/cgroup/pod/memory.max": "1000000\n", "sys/fs/cgroup/pod/memory.current": "900000\n",
		}, 90},
		"version 1": {map[string]string{
			"proc/self/cgroup": "4:memory:/docker/web\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "800000\n", "sys/fs/cgroup/memory/memory.stat": "cache 1\ntotal_inactive_file 100000\n",
		}, 70},
		"version 1, without a limit": {map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": none,
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "800000\n",
		}, 25},
		"full": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "1010\n",
		}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoot(t)
			for name, text := range c.files {
				r.write(t, name, text)
			}
			want(t, r.machine(t, cpu.Memory), c.want, "")
		})
	}
}

func TestASystemThatTellsNothing(t *testing.T) {
	r := root(t.TempDir())
	if runtime.GOOS != "linux" {
		t.Skip("/proc is Linux's")
	}
	want(t, r.machine(t, cpu.CPU), 0, "the system does not report its CPU use")
	want(t, r.machine(t, cpu.Memory), 0, "the system does not report its memory use")
}

func TestThisMachine(t *testing.T) {
	for _, s := range []cpu.Signal{cpu.CPU, cpu.Memory} {
		m, err := cpu.New(cpu.Options{Signal: s})
		if err != nil {
			t.Fatal(err)
		}
		if r := m.Probe(t.Context()); s == cpu.CPU && r.Error != unknownYet {
			t.Errorf("the first reading: got %+v", r)
		}
		var r probe.Reading
		for until := time.Now().Add(5 * time.Second); time.Now().Before(until); { // which keeps the CPU busy until it counts
			if r = m.Probe(t.Context()); r.Outcome == probe.Answered {
				break
			}
		}
		if r.Outcome != probe.Answered || r.Signal != string(s) || r.Unit != "%" || r.Value <= 0 || r.Value > 100 {
			t.Errorf("%s: got %+v", s, r)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { m.Probe(t.Context()) })
		}
		all.Wait()
	}
}

func TestNobodyWaits(t *testing.T) {
	m, err := cpu.New(cpu.Options{Signal: cpu.CPU})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := m.Probe(ctx); r.Outcome != probe.Unreachable || r.Error != "canceled" {
		t.Errorf("got %+v", r)
	}
	ctx, cancel = context.WithTimeout(t.Context(), -1)
	defer cancel()
	if r := m.Probe(ctx); r.Outcome != probe.Timeout {
		t.Errorf("got %+v", r)
	}
	if _, err := cpu.New(cpu.Options{Signal: "disk"}); err == nil || err.Error() != `"disk" is not a signal of a machine: must be cpu or memory` {
		t.Errorf("got %v", err)
	}
}
