package service

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
	"github.com/autoscalebot/autoscalebot/notify"
)

// OpenTime is the longest time that the start waits for a history on a database server.
const OpenTime = 5 * time.Second

// A keeping is the storage of the bot's history and state.
type keeping struct {
	db       *history.DB            // nil without a history
	shared   bool                   // other bots may use the same history
	file     *statefile.File        // nil without a state file
	memory   bot.Memory             // the state at the start
	remember func(bot.Memory) error // stores the state; nil without storage
	recallTo func(func(bot.Memory)) // delivers a state that was unreadable at the start; nil without storage
}

const closeTime = time.Second // for the last writes, part of the 10 s in which the bot ends

func (k keeping) close(ctx context.Context, h Host) {
	if k.db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if err := k.db.Close(ctx); err != nil {
		h.Log.Warn("the last records of the history were not written", "error", err)
	}
}

func (k keeping) place() string {
	if k.db == nil {
		return "none"
	}
	return k.db.Place()
}

func (k keeping) targets(others []notify.Target) []notify.Target {
	if k.db == nil {
		return others
	}
	return append(slices.Clip(others), notify.Target{Name: "history", Notifier: k.db})
}

func (k keeping) warnings() []string {
	var all []string
	if k.db != nil {
		all = append(all, k.db.Warnings()...)
	}
	if k.file != nil {
		all = append(all, k.file.Warnings()...)
	}
	return all
}

func (k keeping) recorders() []record.Recorder {
	if k.db == nil {
		return nil
	}
	return []record.Recorder{k.db}
}

const (
	leaseTime  = 3 * time.Minute // more than clocks differ
	leaseEvery = time.Minute
)

// The lease names this bot in the history, for autoscalebot check on other machines. end releases it.
func (k keeping) lease(ctx context.Context) (end func()) {
	if k.db == nil || !k.shared {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.holdLease(ctx, ProcessName())
	}()
	return func() {
		cancel()
		<-ended
	}
}

// ProcessName returns the name of this process for other machines: the dyno or the host, and the process ID.
func ProcessName() string {
	name, err := os.Hostname()
	if dyno := os.Getenv("DYNO"); dyno != "" {
		name = dyno
	} else if err != nil {
		name = "unknown host"
	}
	return fmt.Sprintf("%s, process %d", name, os.Getpid())
}

func (k keeping) holdLease(ctx context.Context, me string) {
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()
	for {
		callCtx, cancel := context.WithTimeout(ctx, OpenTime)
		_, _, _ = k.db.Lease(callCtx, me, leaseTime) // only check shows the holder
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
			defer cancel()
			_, _, _ = k.db.Lease(last, me, 0) // else it expires
			return
		}
	}
}

// A state file takes precedence over the state in the history.
func keep(ctx context.Context, s *settings.Settings, h Host) (keeping, error) {
	file, memory, err := openState(s, h)
	if err != nil {
		return keeping{}, err
	}
	k := keeping{memory: memory, file: file}
	if k.db, err = OpenHistory(ctx, s, h, true); err != nil {
		return keeping{}, err
	}
	url, _ := s.HistoryURL()
	k.shared = url != "" && url != history.Memory
	switch {
	case file != nil:
		k.remember, k.recallTo = file.Save, file.RecallTo
	case k.db != nil:
		k.remember, k.recallTo = k.db.Remember, k.db.RecallTo
		if k.memory, _, err = k.db.Memory(ctx); err != nil {
			h.Log.Warn("the bot's state cannot be read, so it starts without its former state; trying again", "error",
				err)
		}
	}
	k.learn(ctx, s, h)
	return k, nil
}

const (
	// Points of about ten minutes each.
	learnFrom, learnPoints = 28 * 24 * time.Hour, 5000
)

// An adaptive policy without a memory of former weeks learns from the history's dynos. Dynos at the minimum say nothing
// about the need.
func (k *keeping) learn(ctx context.Context, s *settings.Settings, h Host) {
	if k.db == nil || s.Policy != "adaptive" || k.memory.State.Weeks != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, OpenTime)
	defer cancel()
	series, err := k.db.Points(ctx, h.Now.Add(-learnFrom), h.Now, learnPoints)
	if err != nil {
		h.Log.Warn("the dynos of the last weeks cannot be read, so the adaptive policy has no expectations for "+
			"the hours yet",
			"error", err)
		return
	}
	for _, p := range series.Points {
		if p.Dynos > p.Min {
			k.memory.State = k.memory.State.Learn(p.Time, p.Dynos)
		}
	}
}

func openState(s *settings.Settings, h Host) (*statefile.File, bot.Memory, error) {
	if s.StateFile == "" {
		return nil, bot.Memory{}, nil
	}
	file, memory, err := statefile.Open(string(s.StateFile), s.App(), string(s.HerokuProcessType), h.Log)
	if err != nil {
		return nil, bot.Memory{}, settings.Problems{{Name: "STATE_FILE", What: err.Error()}}
	}
	return file, memory, nil
}

// OpenHistory opens the history that the settings name. It returns nil if they name none. With later set, a place that
// is not usable yet is not an error. Errors are [settings.Problems].
func OpenHistory(ctx context.Context, s *settings.Settings, h Host, later bool) (*history.DB, error) {
	url, folder := s.HistoryURL()
	if url == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, OpenTime)
	defer cancel()
	o := history.Options{
		URL: url, Folder: folder, App: s.App(), ProcessType: string(s.HerokuProcessType),
		Log: h.Log, Later: later,
	}
	if url != history.Memory {
		o.Keep = history.Retention{
			Raw: time.Duration(s.HistoryRaw), Minutes: time.Duration(s.HistoryMinutes),
			Hours: time.Duration(s.HistoryHours),
		}
	}
	db, err := history.Open(ctx, o)
	if err != nil {
		return nil, settings.Problems{{Name: "HISTORY", What: err.Error()}}
	}
	return db, nil
}
