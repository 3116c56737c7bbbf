package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/autoscalebot/autoscalebot/probe/jobs"
)

const (
	maxQueues = 1000
	maxNamed  = 100
)

// JobsOptions configure [Jobs].
type JobsOptions struct {
	// Runner is the name of the job runner, such as "good-job"; see [jobs.Runners].
	Runner string
	// URL is that of [Options].
	URL string
	// Queues are the names of the queues, up to 100; nil means all of the runner.
	Queues []string
	// Schema is the schema of the runner's tables; "" means its usual one.
	Schema string
	// Timeout bounds a whole probe, as in [Options].
	Timeout time.Duration
}

// Jobs reads the queues of a job runner in PostgreSQL. It is a [jobs.Source], and safe for concurrent use. It opens a
// connection for each probe, and reads in a transaction as a [Prober] does.
type Jobs struct {
	client
	backend
	title  string
	queues []string // nil for all
	schema string   // with a dot at its end, or ""
}

// A backend is how a job runner stores its jobs. {schema} in a query stands for the schema.
type backend struct {
	// jobs selects one row for each queue that has jobs which are due or in progress: name, number of waiting jobs,
	// seconds that the oldest has waited, number of jobs in progress. Its parameter $1 has the queues' names, or NULL.
	jobs string
	// about selects the name of a queue and whether it is paused, for each queue or, unless registry, for each paused
	// one. It is used if the table of that name exists. "" for a runner that stores neither.
	about, table string
	registry     bool
	schema       string // the usual one; "" for the search path
	versions     string // those whose tables the queries fit
}

// The keys are the names of runners. A new one is one line here, and one in the package jobs.
func backends() map[string]backend {
	return map[string]backend{
		"delayed-job":     delayedJob,
		"good-job":        goodJob,
		"graphile-worker": graphileWorker,
		"pg-boss":         pgBoss,
		"que":             que,
		"river":           river,
		"solid-queue":     solidQueue,
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,62}$`)

// NewJobs returns a source, or all that is wrong with the options, without a secret. It makes no request.
func NewJobs(o JobsOptions) (*Jobs, error) {
	r, _ := jobs.Find(o.Runner)
	b, ok := backends()[r.Name]
	if !ok {
		return nil, fmt.Errorf("job queues: unknown job runner in PostgreSQL: %.40q", o.Runner)
	}
	j := &Jobs{backend: b, title: r.Title, queues: slices.Clone(o.Queues)}
	wrong := []error{j.setURL(o.URL), j.setTimeout(o.Timeout)}
	if schema := cmp.Or(o.Schema, b.schema); schema != "" {
		j.schema = `"` + schema + `".`
		if !plainName.MatchString(schema) {
			wrong = append(wrong, errors.New("the schema must be a name of letters, digits and _"))
		}
	}
	if len(j.queues) > maxNamed || slices.Contains(j.queues, "") {
		wrong = append(wrong, fmt.Errorf("the names of queues must not be empty, and at most %d", maxNamed))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("job queues: %w", err)
	}
	return j, nil
}

// Backlog reads the queues once.
func (j *Jobs) Backlog(ctx context.Context) (jobs.Backlog, error) {
	var b jobs.Backlog
	// Times without a zone are in UTC.
	err := j.ask(ctx, "; set local timezone = 'UTC'", func(q query) (err error) {
		if b, err = j.read(q); err != nil {
			return j.explainTables(err)
		}
		return nil
	})
	if err != nil {
		return jobs.Backlog{}, err
	}
	return b, nil
}

func (j *Jobs) read(q query) (b jobs.Backlog, err error) {
	rows, err := q.table(j.in(j.jobs), 4, array(j.queues))
	if err != nil {
		return b, err
	}
	for _, name := range j.queues {
		b.Queues = append(b.Queues, jobs.Queue{Name: name, Unknown: j.registry})
	}
	for _, row := range rows {
		if err := count(found(&b, row[0]), row); err != nil {
			return b, err
		}
	}
	known, err := j.known(q)
	if err != nil {
		return b, err
	}
	for _, row := range known {
		if j.registry {
			b.Known = append(b.Known, row[0])
		}
		i := slices.IndexFunc(b.Queues, func(q jobs.Queue) bool { return q.Name == row[0] })
		if i < 0 && (j.queues != nil || !j.registry && row[1] != "t") {
			continue
		}
		one := found(&b, row[0])
		one.Paused, one.Unknown = row[1] == "t", false
	}
	return b, nil
}

func (j *Jobs) known(q query) ([][]string, error) {
	if j.about == "" {
		return nil, nil
	}
	exists, err := q.table("select to_regclass($1) is not null", 1, []byte(j.in("{schema}"+j.table)))
	if err != nil || exists[0][0] != "t" {
		return nil, err
	}
	return q.table(j.in(j.about), 2)
}

func (j *Jobs) in(text string) string { return strings.ReplaceAll(text, "{schema}", j.schema) }

func found(b *jobs.Backlog, name string) *jobs.Queue {
	i := slices.IndexFunc(b.Queues, func(q jobs.Queue) bool { return q.Name == name })
	if i < 0 {
		i = len(b.Queues)
		b.Queues = append(b.Queues, jobs.Queue{Name: name})
	}
	return &b.Queues[i]
}

// Nil becomes NULL.
func array(names []string) []byte {
	if names == nil {
		return nil
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return []byte("{" + strings.Join(quoted, ",") + "}")
}

// At least one row, unless the query gives none. NULL is "".
func (q query) table(text string, columns int, params ...[]byte) (out [][]string, err error) {
	err = q.run(text, params, func(rows *pgconn.ResultReader) error {
		for rows.NextRow() {
			values := rows.Values()
			if len(values) != columns {
				return noNumber("the server gives other columns than the query has")
			}
			if len(out) == maxQueues {
				return noNumber(fmt.Sprintf("there are more than %d queues: name the queues to read, up to %d",
					maxQueues, maxNamed))
			}
			row := make([]string, columns)
			for i, v := range values {
				row[i] = string(v)
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

func (j *Jobs) explainTables(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case "42P01", "3F000": // undefined_table, invalid_schema_name
		return noTables(fmt.Sprintf("%s: is %s installed in this database?", clean(refused.Message), j.title))
	case "42703", "42883", "42704": // undefined_column, undefined_function, undefined_object
		return noTables(fmt.Sprintf("%s: the bot knows the tables of %s %s", clean(refused.Message), j.title,
			j.versions))
	}
	return err
}

func count(q *jobs.Queue, row []string) (err error) {
	if q.Size, err = number64(row[1]); err != nil {
		return err
	}
	if q.Wait, err = seconds(row[2]); err != nil {
		return err
	}
	q.Busy, err = number64(row[3])
	q.Unknown = false
	return err
}

func number64(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, noNumber("the server gives something else than a number of jobs")
	}
	return n, nil
}

func seconds(text string) (time.Duration, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, noNumber("the server gives something else than a time")
	}
	return time.Duration(max(0, f) * float64(time.Second)), nil
}
