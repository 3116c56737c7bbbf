package settings

import (
	"cmp"
	"reflect"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// ReadPlan reads the limits, rules and signals of a settings file, as of now, for a document of another autoscaler.
// Notes of the plan list every other setting. Of several process types it reads the first. From the environment it uses
// only the variables that the file names. path is the file's name in its error, which is a [Problems] with all
// mistakes.
func ReadPlan(root *document.Node, path string, now time.Time) (*cfautoscaler.Plan, error) {
	f := &file{path: path, top: section{values: map[string]given{}}}
	f.read(root)
	src := &source{file: f}
	p := &cfautoscaler.Plan{Sources: map[string]string{}}
	for i := range f.processes {
		if own := &f.processes[i]; i == 0 {
			src.own = own
		} else {
			p.Notes = append(p.Notes, own.at+": the process type "+own.name+
				" is left out: the document describes one process type. Convert the others one at a time")
		}
	}
	problems := f.problems
	r := &planReader{src: src, plan: p, as: map[string]string{}}
	for _, field := range fields() {
		r.take(field)
	}
	problems = append(problems, r.problems...)
	if len(problems) == 0 {
		if err := p.FromTables(r.low, r.high, r.zone.Location, now); err != nil {
			s := &Settings{as: r.as}
			problems.add(s.Named("MIN_DYNOS, MAX_DYNOS"), "%s", s.Named(err.Error()))
			problems.place(0, src)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	p.Breaches = src.breaches()
	return p, nil
}

type planReader struct {
	src       *source
	plan      *cfautoscaler.Plan
	low, high schedule.Series
	zone      Zone
	as        map[string]string // see [Settings]
	problems  Problems
}

func (r *planReader) take(f reflect.StructField) {
	name := f.Tag.Get("envconfig")
	g, given := r.src.given(name)
	r.as[name] = cmp.Or(g.as, name)
	switch name {
	case "MIN_DYNOS":
		r.load(f, g, &r.low)
	case "MAX_DYNOS":
		r.load(f, g, &r.high)
	case "TIME_ZONE":
		r.load(f, g, &r.zone)
	case "HEARTBEAT_INTERVAL_IN_SECONDS":
		var every Seconds
		r.load(f, g, &every)
		if r.plan.Every = time.Duration(every); given && r.plan.Every != cfautoscaler.ManifestEvery {
			r.note(name, g)
		}
	case rules:
		v := reflect.New(f.Type)
		r.load(f, g, v.Interface())
		r.plan.Rules, _ = v.Elem().Convert(reflect.TypeFor[[]decide.SignalRule]()).Interface().([]decide.SignalRule)
	case signals:
		for text := range strings.FieldsFuncSeq(g.written, func(r rune) bool { return r == '\n' || r == ';' }) {
			if name, url, ok := strings.Cut(text, "="); ok {
				r.plan.Sources[strings.TrimSpace(name)] = strings.TrimSpace(url)
			}
		}
	default:
		if given && name != processType && !(name == "HEARTBEAT_URL" && strings.EqualFold(g.text, "none")) {
			r.note(name, g)
		}
	}
}

func (r *planReader) note(name string, g given) {
	r.plan.Notes = append(r.plan.Notes, g.at+": "+strings.ToLower(name)+
		" is left out: the document has nothing like it")
}

// The environment does not count here.
func (r *planReader) load(f reflect.StructField, g given, to any) {
	what := g.wrong
	if what == "" {
		what = load(withDefault(f, g.text), "", reflect.ValueOf(to).Elem())
	}
	if what != "" {
		r.problems = append(r.problems, Problem{r.as[f.Tag.Get("envconfig")], redacted(what, g.names), g.at})
	}
}
