// Command go is a small web app with a heartbeat page that uses the database, the cache and the disk, and answers
// 200 "Beat".
//
// To try it, run `go run ./examples/heartbeat/go`. It listens on PORT (8000) of the loopback address. Its cache is a map.
// It has no database, because that needs a driver from outside the standard library.
//
// To adapt it, copy heartbeat.go into your app. Give [Database] your *sql.DB and the table that your pages read most,
// and [Caching] your cache. Leave out what your app does not use, and add a [Part] for what it does:
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	…
//	mux.Handle("GET /autoscalebot/heartbeat/{$}",
//		Heartbeat(os.Getenv("HEARTBEAT_TOKEN"), Database(db, "items"), Caching(redisCache), Disk()))
//
// Set HEARTBEAT_TOKEN in the app and in the bot, so that only the bot can call it.
package main

import (
	"cmp"
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.Handle("GET /autoscalebot/heartbeat/{$}", Heartbeat(os.Getenv("HEARTBEAT_TOKEN"), Caching(&memory{}), Disk()))
	server := &http.Server{
		Addr:              net.JoinHostPort("127.0.0.1", cmp.Or(os.Getenv("PORT"), "8000")),
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}

// A Cache for trying the heartbeat: a map whose values expire.
type memory struct{ values sync.Map }

func (m *memory) Set(_ context.Context, name, value string, keep time.Duration) error {
	m.values.Store(name, value)
	time.AfterFunc(keep, func() { m.values.Delete(name) })
	return nil
}

func (m *memory) Get(_ context.Context, name string) (string, error) {
	value, _ := m.values.Load(name)
	text, _ := value.(string)
	return text, nil
}
