// Package cpu reads how busy processors are and how full memory is: of the machine the bot runs on, or of machines that
// run Prometheus's node_exporter, which is the agent to use there.
//
// # What is busy
//
// A processor is busy unless it idles or waits for a disk. Time that the host of a virtual machine takes away (steal)
// is busy: the machine has no more to give. Such times are counters, so that CPU is the mean from one probe to the
// next, and the first probe knows nothing yet.
//
// Memory in use is what cannot be had without swapping: what the kernel calls MemAvailable is free, however full its
// caches are.
package cpu

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A Signal is what is read of a machine. Its readings have the unit "%" and are from 0 to 100.
type Signal string

const (
	// CPU is how busy all processors were, on average, since the probe before.
	CPU Signal = probe.CPU
	// Memory is how much of the memory is in use.
	Memory Signal = probe.Memory
)

const unit = "%"

// Options say what a [Machine] reads.
type Options struct {
	// Signal is CPU or Memory.
	Signal Signal
	// Root is the folder in which the machine's /proc and /sys stand; "" means "/". It is looked at on Linux only.
	Root string
}

// A Machine is a [probe.Prober] of the machine that it runs on. In a container (any control group) whose CPU or memory
// is limited, 100 % is the limit, and what is in use is what the container uses: on a machine of 8 processors a
// container that may use half of one is at 100 % when it uses that half. Of several limits, one within the other, the
// tightest counts. A cpuset is not looked at. It may be used by several goroutines at once.
//
// A reading is a BadAnswer when nothing is known: at the first probe of CPU, when the limit was changed since the last
// one, or where the system does not tell.
type Machine struct {
	signal Signal
	root   string
	made   time.Time
	meter  meter
}

// New returns a Machine, or says all that is wrong with the options.
func New(o Options) (*Machine, error) {
	if err := o.Signal.check(); err != nil {
		return nil, err
	}
	return &Machine{signal: o.Signal, root: cmp.Or(o.Root, "/"), made: time.Now()}, nil
}

func (s Signal) check() error {
	if s != CPU && s != Memory {
		return fmt.Errorf("%q is no signal of a machine: take %s or %s", string(s), CPU, Memory)
	}
	return nil
}

// Probe reads what the system tells. It waits for nothing.
func (m *Machine) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: string(m.signal), Time: time.Now(), Unit: unit, Outcome: probe.Answered}
	if f, ok := failure.Ended(ctx, ctx, nil, "the time was over before the probe began"); ok {
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
