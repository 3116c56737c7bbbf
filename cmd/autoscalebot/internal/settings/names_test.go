package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func TestNamesOfQueues(t *testing.T) {
	for text, want := range map[string][]string{
		"celery":                         {"celery"},
		" a , b c ,, d ":                 {"a", "b c", "d"},
		`celery,celery\x06\x163`:         {"celery", "celery\x06\x163"},
		"celery%06%163":                  {"celery\x06\x163"},
		"celery\x06\x163":                {"celery\x06\x163"},
		`a\,b`:                           {"a,b"},
		`a%2Cb,c\x2cd`:                   {"a,b", "c,d"},
		`a\\b,a\x5cb,a%5Cb`:              {`a\b`, `a\b`, `a\b`},
		`100\%,100%25`:                   {"100%", "100%"},
		`\ a\ , b\x20`:                   {" a ", "b "},
		`a\;b,a%3Bb,a\nb\t\r`:            {"a;b", "a;b", "a\nb\t\r"},
		`\xC3\xBC,ü`:                     {"ü", "ü"},
		"queue:default,{bull}:mail:wait": {"queue:default", "{bull}:mail:wait"},
		"":                               nil,
		" , ":                            nil,
	} {
		if got, err := settings.SplitNames(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`a\`, `a\x`, `a\x1`, `a\xg0`, `a\q`, `a\0`, "a%", "a%1", "a%+1", "100%", "a;b", "a\nb", "a; b="} {
		if got, err := settings.SplitNames("first," + text); err == nil || !strings.HasPrefix(err.Error(), "name 2: ") {
			t.Errorf("%q: got %q, %v, want an error about name 2", text, got, err)
		}
	}
}

// Any name can be written so that it is read back, among others.
func FuzzSplitNames(f *testing.F) {
	for _, s := range []string{"celery\x06\x163", "a,b", `a\b`, "100%", " ", ";\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			return
		}
		var hex, percent strings.Builder
		for _, c := range []byte(name) {
			hex.WriteString(`\x` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
			percent.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
		}
		got, err := settings.SplitNames(hex.String() + ", x ," + percent.String())
		if err != nil || !slices.Equal(got, []string{name, "x", name}) {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
		_, _ = settings.SplitNames(name) // which does not crash
	})
}

// A key is written the same way in the environment and in the file, there also in YAML's quotes.
func TestKeysInTheFile(t *testing.T) {
	for _, file := range []string{
		`signals: {q: 'redis://localhost/0#celery,celery\x06\x163,a\,b'}`,
		`signals: {q: "redis://localhost/0#celery,celery\x06\x163,a%2Cb"}`,
		"signals: |\n  q=redis://localhost/0#celery,celery%06%163,a\\,b\n",
		"signals:\n  q: redis://localhost/0#celery,celery\\x06\\x163,a\\,b\n",
	} {
		inFile(t, app+file)
		s := loaded(t)
		if got, err := settings.SplitNames(s.Signals[0].What); err != nil || !slices.Equal(got, []string{"celery", "celery\x06\x163", "a,b"}) {
			t.Errorf("%s: got %q, %v", file, got, err)
		}
	}
}

// An invalid signal is refused by itself. It does not become a part of the queue's name of the signal before.
func TestASignalIsNeverAPartOfTheOneBefore(t *testing.T) {
	for text, want := range map[string]string{
		"a=redis://h/0#k; b=postgresql+foo://h/x#select 1": "b: ",
		"a=redis://h/0#k; b=redis+sentinel://h/0#k":        "b: ",
		"a=redis://h/0#k; b=jdbc:mysql://h/x#select 1":     "b: ",
		"a=redis://h/0#k\n2nd=redis://h/0#k":               "number 2: ",
		"a=redis://h/0#k; b=":                              "a: ",
		"a=rabbitmq+http://h#k; and more":                  "a: ",
		"a=redis://h/0#k; b=s3cr3t":                        "a: ",
		"a=redis://h/0?vhost=s3cr3t#k":                     "a: the URL's parameter vhost",
		"a=redis://h/2?db=3#k":                             "a: the URL has database 2",
		"a=unix://h/s#k":                                   "a: ",
		`a=redis://h/0#k\q`:                                "a: ",
		"a=redis://h/0#,":                                  "a: ",
	} {
		var ss settings.Signals
		if err := ss.Decode(text); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v, want an error about %s", text, err, want)
		}
	}
	for text, want := range map[string]int{
		"a=redis://h/0#k; b=REDIS://h/0#k":                                           2,
		"a=redis://h/0#k; b=unix:///run/redis.sock?db=3#k":                           2,
		"a=postgres://h/x#select 1; select 2 where x = y::int\nb=push:x":             2,
		"a=prometheus+http://h#job:x:sum;\n b=otlp:wait{q=a}; c=nodes+pool://:1#cpu": 3,
	} {
		var ss settings.Signals
		if err := ss.Decode(text); err != nil || len(ss) != want {
			t.Errorf("%s: got %v, %v, want %d signals", text, ss, err, want)
		}
	}
}
