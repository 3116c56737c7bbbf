package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Part is one thing that the app leans on, and a way to use it as the app does.
type Part struct {
	// Name stands in the answer when the part fails.
	Name string
	// Use is nil when the part did what it should.
	Use func(context.Context) error
}

// A Cache is what the heartbeat needs of one: Redis, memcached, or a map. Both of its methods may be called at once.
type Cache interface {
	Set(ctx context.Context, name, value string, keep time.Duration) error
	Get(ctx context.Context, name string) (string, error)
}

// requestStart is when the router took a request: in seconds, milliseconds or microseconds, after "t=" or not.
var requestStart = regexp.MustCompile(`^(?:t=)?(\d{10})\.?(\d*)$`)

// Heartbeat answers 200 "Beat" when every part works, and 503 with the name of the first that does not; what went wrong
// goes to the log only. Without the right bearer token it answers 401 and uses no part. No token asks for none.
//
// Where the router says in X-Request-Start when it took the request, X-Queue-Time-Ms says how long it waited for a
// process of the app. Clocks that differ do not make it less than 0.
func Heartbeat(token string, parts ...Part) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if taken := requestStart.FindStringSubmatch(r.Header.Get("X-Request-Start")); taken != nil {
			start, _ := strconv.ParseFloat(taken[1]+"."+taken[2], 64)
			w.Header().Set("X-Queue-Time-Ms",
				fmt.Sprintf("%.3f", max(0, float64(time.Now().UnixMicro())/1e3-start*1e3)))
		}
		sent := r.Header.Get("Authorization")
		if token != "" && subtle.ConstantTimeCompare([]byte(sent), []byte("Bearer "+token)) == 0 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, "wrong or missing token")
			return
		}
		for _, part := range parts {
			if err := part.Use(r.Context()); err != nil {
				log.Printf("heartbeat: %s failed: %v", part.Name, err)
				w.WriteHeader(http.StatusServiceUnavailable)
				io.WriteString(w, part.Name+" failed")
				return
			}
		}
		io.WriteString(w, "Beat")
	})
}

// Database reads one row of the table at random by its key: two look-ups in an index, however big the table, in SQL
// that every driver takes. The table's key is a number called id; an empty table is right too.
func Database(db *sql.DB, table string) Part {
	return Part{"database", func(ctx context.Context) error {
		var last sql.NullInt64
		if err := db.QueryRowContext(ctx, "SELECT max(id) FROM "+table).Scan(&last); err != nil || last.Int64 < 1 {
			return err
		}
		// The number is written into the text because drivers disagree on placeholders ($1, ?, :1).
		query := fmt.Sprintf("SELECT min(id) FROM %s WHERE id >= %d", table, 1+mathrand.Int64N(last.Int64))
		return db.QueryRowContext(ctx, query).Scan(&last)
	}}
}

// Caching sets a value and gets it back. The name is new each time, so that heartbeats side by side do not meet.
func Caching(cache Cache) Part {
	return Part{"cache", func(ctx context.Context) error {
		name := "heartbeat:" + rand.Text()
		if err := cache.Set(ctx, name, name, 10*time.Second); err != nil {
			return err
		}
		got, err := cache.Get(ctx, name)
		if err == nil && got != name {
			err = errors.New("the cache did not give back what was set")
		}
		return err
	}}
}

// Disk writes a file to the folder for temporary files, reads it again and removes it.
func Disk() Part {
	return Part{"disk", func(context.Context) error {
		file, err := os.CreateTemp("", "heartbeat")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name())
		defer file.Close()
		want := strings.Repeat("heartbeat", 1000)
		if _, err := io.WriteString(file, want); err != nil {
			return err
		}
		got, err := io.ReadAll(io.NewSectionReader(file, 0, int64(len(want))))
		if err == nil && string(got) != want {
			err = errors.New("the file did not give back what was written")
		}
		return err
	}}
}
