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

// A Part is one thing that the app uses.
type Part struct {
	// Name is in the answer if the part fails.
	Name string
	// Use uses the part as the app does.
	Use func(context.Context) error
}

// A Cache is Redis, memcached, or a map. Its methods must be safe for simultaneous use.
type Cache interface {
	Set(ctx context.Context, name, value string, keep time.Duration) error
	Get(ctx context.Context, name string) (string, error)
}

// When the router received a request: in seconds, milliseconds or microseconds, with or without "t=".
var requestStart = regexp.MustCompile(`^(?:t=)?(\d{10})\.?(\d*)$`)

// Heartbeat answers 200 "Beat" if every part works, and 503 with the name of the first that does not. The error goes to
// the log only. Without the correct bearer token it answers 401 and uses no part. An empty token allows every caller.
//
// If the router sends the time at which it received the request in X-Request-Start, X-Queue-Time-Ms is how long the
// request waited for a process of the app. It is never less than 0, even if clocks differ.
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

// Database reads a random row of the table by primary key: two index lookups in a table of any size, in SQL for every
// driver. The table needs a numeric key id. It may be empty.
func Database(db *sql.DB, table string) Part {
	return Part{"database", func(ctx context.Context) error {
		var last sql.NullInt64
		if err := db.QueryRowContext(ctx, "SELECT max(id) FROM "+table).Scan(&last); err != nil || last.Int64 < 1 {
			return err
		}
		// The number is part of the text because drivers disagree on placeholders ($1, ?, :1).
		query := fmt.Sprintf("SELECT min(id) FROM %s WHERE id >= %d", table, 1+mathrand.Int64N(last.Int64))
		return db.QueryRowContext(ctx, query).Scan(&last)
	}}
}

// Caching sets a value and gets it back. The name is new each time, so that simultaneous heartbeats do not interfere.
func Caching(cache Cache) Part {
	return Part{"cache", func(ctx context.Context) error {
		name := "heartbeat:" + rand.Text()
		if err := cache.Set(ctx, name, name, 10*time.Second); err != nil {
			return err
		}
		got, err := cache.Get(ctx, name)
		if err == nil && got != name {
			err = errors.New("the cache returned another value")
		}
		return err
	}}
}

// Disk writes a temporary file, reads it and removes it.
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
			err = errors.New("the file has other contents")
		}
		return err
	}}
}
