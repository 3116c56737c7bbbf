package settings

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A databaseURL is a URL for the driver, made of one that applications use.
type databaseURL struct {
	url  string
	left []string // the parameters of other libraries
}

// Those of libpq, and the names that Django, django-environ and Laravel use.
var postgresSchemes = []string{"postgres", "postgresql", "postgis", "pgsql", "psql"}

// Those that SQLAlchemy has for PostgreSQL.
var pythonDrivers = []string{"psycopg", "psycopg2", "psycopg2cffi", "psycopg_async", "asyncpg", "pg8000", "pygresql"}

// SQLAlchemy appends a driver to the scheme (postgresql+psycopg2://), and JDBC has a prefix.
func cutPostgres(text string) (rest string, ok bool) {
	scheme, rest, ok := strings.Cut(strings.TrimPrefix(text, "jdbc:"), "://")
	dialect, driver, _ := strings.Cut(strings.ToLower(scheme), "+")
	return rest, ok && slices.Contains(postgresSchemes, dialect) &&
		(driver == "" || slices.Contains(pythonDrivers, driver))
}

var (
	driverParameters = strings.Fields(`host port dbname database user password passfile connect_timeout sslmode sslkey sslcert sslcertmode sslrootcert
		sslnegotiation sslpassword sslsni krbspn krbsrvname target_session_attrs service servicefile min_protocol_version max_protocol_version
		channel_binding require_auth default_query_exec_mode statement_cache_capacity description_cache_capacity`)
	serverParameters = strings.Fields(`application_name options search_path timezone datestyle intervalstyle statement_timeout lock_timeout
		idle_in_transaction_session_timeout idle_session_timeout transaction_timeout default_transaction_isolation default_transaction_read_only
		default_transaction_deferrable extra_float_digits bytea_output standard_conforming_strings client_min_messages role row_security
		synchronous_commit work_mem maintenance_work_mem temp_buffers hash_mem_multiplier effective_cache_size random_page_cost seq_page_cost
		max_parallel_workers_per_gather plan_cache_mode constraint_exclusion default_tablespace temp_tablespaces
		tcp_user_timeout tcp_keepalives_idle tcp_keepalives_interval tcp_keepalives_count`)
	serverFamily = regexp.MustCompile(`^(enable_|jit|geqo|log_|auto_explain\.|[A-Za-z_][A-Za-z0-9_]*\.)`)

	// otherLibraries are parameters that the driver can ignore: optional ones of libpq, and those that object mappers,
	// pools and other drivers remove from the URL themselves. They are of Prisma, Rails, SQLAlchemy, asyncpg, Django,
	// node-postgres and its users, JDBC, pgxpool and Ecto.
	otherLibraries = strings.Fields(`keepalives keepalivesidle keepalivesinterval keepalivescount gssencmode gssdelegation sslcompression
		fallbackapplicationname loadbalancehosts requiressl clientencoding charset encoding
		connectionlimit pooltimeout pgbouncer sockettimeout statementcachesize maxidleconnectionlifetime maxconnectionlifetime singleuseconnections
		pool checkouttimeout preparedstatements advisorylocks reapingfrequency minmessages template statementlimit idletimeout adapter timeout reconnect
		poolsize maxoverflow poolrecycle poolpreping poolclass preparedstatementcachesize asyncfallback commandtimeout minsize maxsize maxqueries
		maxinactiveconnectionlifetime connmaxage connhealthchecks disableserversidecursors atomicrequests sslrequire
		preparethreshold preparedstatementcachequeries preparedstatementcachesizemib rewritebatchedinserts logintimeout tcpkeepalive stringtype
		loggerlevel autosave preferquerymode binarytransfer defaultrowfetchsize assumeminserverversion readonly sslfactory
		max min maxuses idletimeoutmillis connectiontimeoutmillis uselibpqcompat workaround supa allowexitonidle keepalive
		keepaliveinitialdelaymillis querytimeout
		poolmaxconns poolminconns poolminidleconns poolmaxconnlifetime poolmaxconnlifetimejitter poolmaxconnidletime poolhealthcheckperiod
		binaryparameters disablepreparedbinaryresult queuetarget queueinterval prepare`)
)

// Object mappers spell the same parameter in different ways.
func bare(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// The errors quote no value: the URL holds a password.
func readDatabaseURL(text string) (databaseURL, error) {
	rest, ok := cutPostgres(text)
	if !ok {
		return databaseURL{}, errors.New("must be the URL of a PostgreSQL database, which begins with postgres://")
	}
	front, raw, _ := strings.Cut(rest, "?")
	if garbled(front) {
		return databaseURL{url: "postgres://host"},
			errors.New("invalid URL. Write @, / and # in a user or password as %40, %2F and %23")
	}
	given, err := url.ParseQuery(raw)
	if err != nil {
		return databaseURL{url: "postgres://" + front},
			errors.New("invalid URL after the question mark. Write ? in a password as %3F")
	}
	d, out := databaseURL{}, url.Values{}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given.Get(name)
		known, exact := canonical(name)
		switch {
		case exact:
			out[known] = given[name]
		case meant(out, given, bare(name), value):
		case slices.Contains(otherLibraries, bare(name)), strings.HasPrefix(name, "x-"):
			d.left = append(d.left, name)
		case strings.Contains(raw, "@") || !isParameter.MatchString(name):
			wrong = append(wrong, errors.New("unknown parameter after the question mark. Write ? in a password "+
				"as %3F"))
		default:
			wrong = append(wrong, fmt.Errorf("unknown parameter %s: PostgreSQL does not have it. Remove it, or set "+
				"it as ?options=-c%%20name%%3Dvalue", name))
		}
	}
	setMode(out, given)
	d.url = "postgres://" + front
	if len(out) > 0 {
		d.url += "?" + out.Encode()
	}
	return d, errors.Join(wrong...)
}

// An unescaped character of a password can end the user part of the URL. The rest of the password would then be taken
// for a host or a database, and be shown.
func garbled(front string) bool {
	authority, path, _ := strings.Cut(front, "/")
	return strings.Count(authority, "@") > 1 || strings.Contains(path, "@") || strings.Contains(front, "#")
}

var isParameter = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,62}$`)

func canonical(name string) (known string, ok bool) {
	if serverFamily.MatchString(name) {
		return name, true
	}
	for _, known := range slices.Concat(driverParameters, serverParameters) {
		if bare(known) == bare(name) {
			return known, true
		}
	}
	return "", false
}

var plainSchema = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// It translates parameters of other libraries to libpq's. libpq's own name takes precedence. It returns false for an
// unknown parameter.
func meant(out, given url.Values, name, value string) bool {
	set := func(known, value string) bool {
		if !given.Has(known) && value != "" {
			out.Set(known, value)
		}
		return true
	}
	switch name {
	case "schema": // Prisma: the schema of its tables
		switch {
		case value == "public": // the default
			value = ""
		case !plainSchema.MatchString(value):
			value = `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
		}
		return set("search_path", value)
	case "currentschema", "schemasearchpath":
		return set("search_path", value)
	case "ssl":
		modes := map[string]string{
			"true": "require", "1": "require", "require": "require", "no-verify": "require",
			"prefer": "prefer", "false": "disable", "0": "disable", "disable": "disable",
		}
		mode, ok := modes[strings.ToLower(value)]
		return ok && set("sslmode", mode)
	case "sslaccept": // Prisma; see setMode
		return value == "strict" || value == "accept_invalid_certs"
	}
	return false
}

// Other libraries than libpq have other modes of encryption.
func setMode(out, given url.Values) {
	switch mode := out.Get("sslmode"); {
	case mode == "no-verify": // node-postgres
		out.Set("sslmode", "require")
	// Prisma
	case given.Get("sslaccept") == "strict" && slices.Contains([]string{"", "allow", "prefer", "require"}, mode):
		out.Set("sslmode", "verify-full")
	}
}

func (s *Settings) leftOut() (notes []string) {
	note := func(name string, left []string) {
		if len(left) > 0 {
			notes = append(notes, fmt.Sprintf("%s: parameters of other libraries are ignored: %s", name,
				strings.Join(left, ", ")))
		}
	}
	if s.HistoryOnServer() {
		d, _ := readDatabaseURL(s.DatabaseURL.Reveal()) // checked before
		note("DATABASE_URL", d.left)
	}
	for _, sig := range s.Signals {
		note("SIGNALS "+sig.Name, sig.left)
	}
	return notes
}
