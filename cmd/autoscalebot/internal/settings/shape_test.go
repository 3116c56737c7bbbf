package settings

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
)

func TestRulesAndSignalsItemByItem(t *testing.T) {
	t.Setenv("HOST", "redis.example.com")
	for _, c := range []struct{ name, text, want, wrong string }{
		{rules, "[{signal: queue, max: 100, min: 10, fails: 3/5}, {max: 2.5, signal: busy, by: workers, per: dyno}]", "queue max=100 min=10 fails=3/5\nbusy max=2.5 by=workers per=dyno", ""},
		{rules, "[queue max=100, {signal: busy}]", "queue max=100\nbusy", ""},
		{rules, "queue max=100; busy max=1", "queue max=100; busy max=1", ""},
		{rules, "[\n{max: 3}]", "", "f:2: a rule must have the key signal"},
		{rules, "[{signal: queue,\nmax: 1 min=2}]", "", "f:2: max must not contain spaces and semicolons"},
		{rules, "{queue: 3}", "", "must be one value, or a list of rules, each with signal, max and min, not a map"},
		{signals, "{queue: 'redis://${HOST}/0#a;b', jobs: push:jobs}", "queue=redis://redis.example.com/0#a;b\njobs=push:jobs", ""},
		{signals, "[a]", "", "must be one value, or a map of names and URLs, not a list"},
	} {
		n, err := document.Parse([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		f := reflect.StructField{Type: reflect.TypeFor[Secret](), Tag: reflect.StructTag("envconfig:" + strconv.Quote(c.name))}
		g := textOf(f, n, func(line int) string { return "f:" + strconv.Itoa(line) })
		if c.wrong == "" && (g.wrong != "" || g.text != c.want) || !strings.Contains(g.wrong, c.wrong) {
			t.Errorf("%s: %s\nbecame %q, wrong: %s", c.name, c.text, g.text, g.wrong)
		}
	}
}
