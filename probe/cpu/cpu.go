// Package cpu measures how busy processors are and how full memory is, on the bot's own machine or on machines that run
// Prometheus's node_exporter.
//
// # What is busy
//
// A processor is busy unless it idles or waits for a disk. Time that the host takes from a virtual machine (steal) is
// busy: the machine has no more to give. The times are counters, so CPU is the mean since the last probe, and the first
// probe has no value.
//
// Memory is in use unless it is available without swapping: the kernel's MemAvailable is free, however full its caches
// are.
package cpu

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A Signal is a quantity of a machine. Its readings have the unit "%", from 0 to 100.
type Signal string

const (
	// CPU is the mean utilization of all processors since the last probe.
	CPU Signal = probe.CPU
	// Memory is the share of the memory in use.
	Memory Signal = probe.Memory
)

const unit = "%"

// Options configure a [Machine].
type Options struct {
	// Signal is CPU or Memory.
	Signal Signal
	// Root is the folder that contains the machine's /proc and /sys; "" means "/". It is used on Linux only.
	Root string
}

// A Machine is a [probe.Prober] of the machine that it runs on. In a container (any control group) with a limit on CPU
// or memory, 100 % is the limit, and the container's own use counts: on a machine with 8 processors, a container
// limited to half a processor is at 100 % when it uses that half. Of several nested limits the tightest counts. Cpusets
// are ignored. A Machine is safe for concurrent use.
//
// A reading is a BadAnswer if there is no value: at the first probe of CPU, after a change of the limit, or if the
// system does not report it.
type Machine struct {
	signal Signal
	root   string
	made   time.Time
	meter  meter
}

// New returns a Machine, or all that is wrong with the options.
func New(o Options) (*Machine, error) {
	if err := o.Signal.check(); err != nil {
		return nil, err
	}
	return &Machine{signal: o.Signal, root: cmp.Or(o.Root, "/"), made: time.Now()}, nil
}

func (s Signal) check() error {
	if s != CPU && s != Memory {
		return fmt.Errorf("%q is not a signal of a machine: must be %s or %s", string(s), CPU, Memory)
	}
	return nil
}

// Probe reads the system's counters. It does not wait.
func (m *Machine) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: string(m.signal), Time: time.Now(), Unit: unit, Outcome: probe.Answered}
	if f, ok := failure.Ended(ctx, ctx, nil, "no time was left for the probe"); ok {
		failure.Note(&r, f)
		return r
	}
	var err error
	if m.signal == Memory {
		r.Value, err = m.memory(ctx)
	} else {
		r.Value, err = m.cpu(ctx, r.Time)
	}
	failure.Note(&r, err)
	return r
}
