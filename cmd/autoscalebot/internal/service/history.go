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

// OpenTime bounds how long the start waits for a history on a server.
const OpenTime = 5 * time.Second

// keeping is where the bot's history and what it goes on from are kept.
type keeping struct {
	// db is nil where there is no history.
	db *history.DB
	// shared: others may keep theirs in the same place.
	shared bool
	// file is nil where there is no state file.
	file *statefile.File
	// memory is what the bot goes on from, and remember keeps it; nil for nowhere.
	memory   bot.Memory
	remember func(bot.Memory) error
	// recallTo has what could not be read at the start told later; nil for nobody.
	recallTo func(func(bot.Memory))
}

// closeTime is how long writing the last of the history may take after everything else has ended, within the 10 s that
// the bot promises.
const closeTime = time.Second

func (k keeping) close(ctx context.Context, h Host) {
	if k.db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if err := k.db.Close(ctx); err != nil {
		h.Log.Warn("the end of the history is missing", "error", err)
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
	// leaseTime is how long this bot holds the history's place without renewing it, longer than clocks differ.
	leaseTime = 3 * time.Minute
	// leaseEvery is how often it is renewed.
	leaseEvery = time.Minute
)

// lease holds the history's place for this bot, so that others can find out who runs it. end gives it back.
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

// ProcessName names this process for others.
func ProcessName() string {
	name, err := os.Hostname()
	if dyno := os.Getenv("DYNO"); dyno != "" {
		name = dyno
	} else if err != nil {
		name = "a machine without a name"
	}
	return fmt.Sprintf("%s, process %d", name, os.Getpid())
}

func (k keeping) holdLease(ctx context.Context, me string) {
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()
	for {
		callCtx, cancel := context.WithTimeout(ctx, OpenTime)
		_, _, _ = k.db.Lease(callCtx, me, leaseTime) // which check tells of
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
			defer cancel()
			_, _, _ = k.db.Lease(last, me, 0) // or it runs out
			return
		}
	}
}

// keep opens the history and the state file that the settings name. Where there is a state file, the bot goes on from
// that.
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
			h.Log.Warn("what the bot goes on from could not be read, so it begins anew until it can be", "error", err)
		}
	}
	k.learn(ctx, s, h)
	return k, nil
}

const (
	// learnFrom is how far back the adaptive policy learns from the history what is needed at which hour, in at most
	// learnPoints points: of ten minutes each.
	learnFrom, learnPoints = 28 * 24 * time.Hour, 5000
)

// learn lets an adaptive policy that knows nothing of former weeks learn from the history what was needed: the dynos
// there were, where that was more than the minimum, which says nothing.
func (k *keeping) learn(ctx context.Context, s *settings.Settings, h Host) {
	if k.db == nil || s.Policy != "adaptive" || k.memory.State.Weeks != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, OpenTime)
	defer cancel()
	series, err := k.db.Points(ctx, h.Now.Add(-learnFrom), h.Now, learnPoints)
	if err != nil {
		h.Log.Warn("what was needed in the last weeks could not be read, so nothing is expected of any hour yet",
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

// OpenHistory opens the history that the settings name, nil for none. later: a place that cannot be used yet is no
// error.
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
