// It writes jobs with the real River, and works on one of them until it is ended.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type args struct{}

func (args) Kind() string { return "work" }

type worker struct{ river.WorkerDefaults[args] }

func (worker) Work(ctx context.Context, _ *river.Job[args]) error {
	fmt.Println("working")
	<-ctx.Done()
	return ctx.Err()
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, os.Getenv("URL"))
	if err != nil {
		return err
	}
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker{})
	client, err := river.NewClient(driver, &river.Config{
		Logger: slog.New(slog.DiscardHandler), Workers: workers, Queues: map[string]river.QueueConfig{"slow": {MaxWorkers: 1}, "paused": {MaxWorkers: 1}},
		PollOnly: true, FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 50 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	now := time.Now()
	if err := client.Start(ctx); err != nil {
		return err
	}
	for {
		if _, err = client.QueueGet(ctx, "paused"); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := client.QueuePause(ctx, "paused", nil); err != nil {
		return err
	}
	for _, o := range []river.InsertOpts{
		{Queue: "mail", ScheduledAt: now.Add(-100 * time.Second)}, {Queue: "mail"}, {Queue: "mail", ScheduledAt: now.Add(time.Hour)},
		{Queue: "odd_name"}, {Queue: "paused", ScheduledAt: now.Add(time.Hour)}, {Queue: "slow"},
	} {
		if _, err := client.Insert(ctx, args{}, &o); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}
