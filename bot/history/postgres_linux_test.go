package history_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
)

var servers struct {
	shared *postgrestest.Server
	err    error
	n      int
}

func sharedServer(t testing.TB) *postgrestest.Server {
	t.Helper()
	if servers.shared == nil && servers.err == nil {
		servers.shared, servers.err = postgrestest.Open(t)
	}
	switch {
	case errors.Is(servers.err, postgrestest.ErrMissing):
		t.Skip(servers.err)
	case servers.err != nil:
		t.Fatal(servers.err)
	}
	return servers.shared
}

func stopServers() {
	if s := servers.shared; s != nil {
		s.Remove()
	}
}

func postgresLab(t testing.TB) lab {
	s := sharedServer(t)
	servers.n++
	name := fmt.Sprintf("history%d", servers.n)
	db, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "create database "+name); err != nil {
		t.Fatal(err)
	}
	return lab{url: s.URL(name), stays: true}
}
