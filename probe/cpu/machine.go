package cpu

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/shirou/gopsutil/v4/common"
	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
)

func (m *Machine) cpu(ctx context.Context, now time.Time) (float64, error) {
	u, err := m.usage(ctx, now)
	if err != nil {
		return 0, err
	}
	return m.meter.take(u)
}

func (m *Machine) usage(ctx context.Context, now time.Time) (usage, error) {
	if l, ok := limitOfCPU(m.root); ok && l.cores < float64(runtime.NumCPU()) {
		return usage{
			busy: l.used, idle: now.Sub(m.made).Seconds()*l.cores - l.used, at: now,
			from: l.dir + " " + strconv.FormatFloat(l.cores, 'g', -1, 64),
		}, nil
	}
	all, err := cpu.TimesWithContext(m.files(ctx), false)
	if err != nil || len(all) == 0 {
		return usage{}, errors.New("the system does not report its CPU use")
	}
	t := all[0] // guests' times are part of User and Nice
	busy := t.User + t.Nice + t.System + t.Irq + t.Softirq + t.Steal
	return usage{busy: busy, idle: t.Idle + t.Iowait, from: "machine", at: now}, nil
}

func (m *Machine) memory(ctx context.Context) (float64, error) {
	v, err := mem.VirtualMemoryWithContext(m.files(ctx))
	if err != nil || v.Total == 0 {
		return 0, errors.New("the system does not report its memory use")
	}
	if l, ok := limitOfMemory(m.root); ok && l.limit < float64(v.Total) {
		return share(l.used, l.limit), nil
	}
	return share(float64(v.Total-min(v.Total, v.Available)), float64(v.Total)), nil
}

// The library takes the paths of the system's files only from the context.
func (m *Machine) files(ctx context.Context) context.Context {
	return context.WithValue(ctx, common.EnvKey, common.EnvMap{
		common.HostProcEnvKey: filepath.Join(m.root, "proc"), common.HostSysEnvKey: filepath.Join(m.root, "sys"),
	})
}
