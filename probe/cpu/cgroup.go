package cpu

import (
	"bytes"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// The files are short, except the list of groups on a machine with thousands of hierarchies.
const maxFile = 64 << 10

// cores is the limit in processors; used is in seconds of one processor.
type cpuLimit struct {
	dir         string
	cores, used float64
}

// Both are in bytes.
type memoryLimit struct{ limit, used float64 }

// The tightest quota of the control groups that this process is in.
func limitOfCPU(root string) (tightest cpuLimit, ok bool) {
	consider := func(l cpuLimit, has bool) {
		if has && (!ok || l.cores < tightest.cores) {
			tightest, ok = l, true
		}
	}
	for _, dir := range groups(root, "") {
		consider(cpuLimit2(dir))
	}
	used := groups(root, "cpuacct")
	for i, dir := range groups(root, "cpu") {
		if i < len(used) {
			consider(cpuLimit1(dir, used[i]))
		}
	}
	return tightest, ok
}

// cpu.max is "max 100000" or "50000 100000": a quota and a period in microseconds.
func cpuLimit2(dir string) (cpuLimit, bool) {
	quota, period, _ := strings.Cut(read(dir, "cpu.max"), " ")
	q, ok := number(quota)
	p, ok2 := number(period)
	used, ok3 := entry(read(dir, "cpu.stat"), "usage_usec")
	return cpuLimit{dir, q / p, used / 1e6}, ok && ok2 && ok3 && q > 0 && p > 0
}

// In version 1, -1 means no quota, and use is counted in nanoseconds in a hierarchy of its own.
func cpuLimit1(dir, acct string) (cpuLimit, bool) {
	q, ok := number(read(dir, "cpu.cfs_quota_us"))
	p, ok2 := number(read(dir, "cpu.cfs_period_us"))
	used, ok3 := number(read(acct, "cpuacct.usage"))
	return cpuLimit{dir, q / p, used / 1e9}, ok && ok2 && ok3 && q > 0 && p > 0
}

// The tightest limit of the control groups that this process is in.
func limitOfMemory(root string) (tightest memoryLimit, ok bool) {
	consider := func(dir, limit, used, cache string) {
		l, has := number(read(dir, limit))
		u, has2 := number(read(dir, used))
		// File pages not used lately are reclaimed before anything is swapped.
		c, _ := entry(read(dir, "memory.stat"), cache)
		if has && has2 && l > 0 && (!ok || l < tightest.limit) {
			tightest, ok = memoryLimit{l, max(0, u-c)}, true
		}
	}
	for _, dir := range groups(root, "") {
		consider(dir, "memory.max", "memory.current", "inactive_file")
	}
	for _, dir := range groups(root, "memory") {
		consider(dir, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
	}
	return tightest, ok
}

// The folders of this process's control group and its ancestors, in the hierarchy of a version 1 controller, or of
// version 2 for "". In a container only the last one may exist.
func groups(root, controller string) []string {
	base := filepath.Join(root, "sys/fs/cgroup", controller)
	for line := range strings.Lines(read(root, "proc/self/cgroup")) {
		// Such as "4:cpu,cpuacct:/docker/0123", or "0::/user.slice" in version 2.
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 || !has(parts[1], controller) {
			continue
		}
		var dirs []string
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			dirs = append(dirs, filepath.Join(base, filepath.FromSlash(at)))
			if at == "/" {
				return dirs
			}
		}
	}
	return nil
}

// Version 2 has the empty list, which contains the empty name.
func has(list, name string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one == name {
			return true
		}
	}
	return false
}

// A line is like "usage_usec 123".
func entry(text, name string) (float64, bool) {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, " "); ok && key == name {
			return number(value)
		}
	}
	return 0, false
}

func number(text string) (float64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return float64(n), err == nil
}

func read(dir, name string) string {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}
