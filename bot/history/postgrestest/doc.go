// Package postgrestest starts a private PostgreSQL for tests, from Debian's package. It runs on Linux.
package postgrestest
