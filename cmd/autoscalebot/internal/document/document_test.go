package document_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
)

func TestParseKeepsLinesTextsAndOrder(t *testing.T) {
	n, err := document.Parse([]byte("b: 010\na: &x\n  - yes\n  - \"no\"\nc: *x\nd:\n  <<: {k: 1, l: 2}\n  k: 3\ne:\n"))
	if err != nil {
		t.Fatal(err)
	}
	keys := ""
	for _, p := range n.Pairs {
		keys += p.Key
	}
	if keys != "bacde" || n.Get("b").Text != "010" || n.Get("c").Kind != document.List || n.Get("c").Line != 5 ||
		n.Get("c").Items[1].Text != "no" || n.Get("a").Items[1].Line != 4 || !n.Get("a").Items[1].Quoted || n.Get("a").Items[0].Quoted {
		t.Errorf("read %q: %+v", keys, n)
	}
	if d := n.Get("d"); d.Get("k").Text != "3" || d.Get("l").Text != "2" || n.Get("e").Kind != document.Nothing || n.Get("f") != nil {
		t.Errorf("d is %+v", d)
	}
}

func TestParseReadsJSON(t *testing.T) {
	n, err := document.Parse([]byte("{\n\t\"a\":[1,2.5,\"x\\/y\\\\\\ud83d\\ude00\"],\n\t\"b\":null}"))
	if err != nil || len(n.Get("a").Items) != 3 || n.Get("a").Items[2].Text != "x/y\\😀" || n.Get("b").Kind != document.Nothing {
		t.Errorf("read %+v, %v", n, err)
	}
}

func TestTabsAreWhiteSpaceOfJSON(t *testing.T) {
	for _, text := range []string{
		"\t\t{\n\t\t\"a\":\t\"x \\\" y\",\n\t\"b\"\t:\t[\t1\t,\t2\t]\t}\t\n\t", "\ufeff\t{\"a\": \"x \\\" y\",\"b\":[1,2]}\t\r\n", "{\"a\": \"x \\\" y\",\n\n\t\"b\":[1,2]\r\n\t}",
		"\ufeffa: x \" y\nb: [1, 2]\n",
	} {
		n, err := document.Parse([]byte(text))
		if err != nil || n.Get("a") == nil || n.Get("a").Text != "x \" y" || len(n.Get("b").Items) != 2 {
			t.Errorf("%q is read as %+v, %v", text, n, err)
		}
	}
	if n, err := document.Parse([]byte("\t{\"a\": \"x\\ty\",\n\"b\": 1}")); err != nil || n.Get("a").Text != "x\ty" || n.Get("b").Line != 2 {
		t.Errorf("read %+v, %v", n, err)
	}
}

func TestEmptyIsAnEmptyMap(t *testing.T) {
	for _, text := range []string{"", "# nothing\n"} {
		if n, err := document.Parse([]byte(text)); err != nil || n.Kind != document.Map || len(n.Pairs) > 0 {
			t.Errorf("%q is %+v, %v", text, n, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 10), ",") + "]\n"
	}
	for _, c := range []struct{ text, want string }{
		{"a: 1\nb: [1\nc: 2\n", "line 1: invalid YAML: did not find expected ',' or ']'"},
		{"a: 1\nb: 2\na: 3\nb: 4\n", "line 3: duplicate key, first in line 1\nline 4: duplicate key, first in line 2"},
		{"key: *s3cret\n", "unknown anchor after an asterisk. Put a value that begins with * in quotes"},
		{"a: 1\n---\nb: 2\n", "line 2: a second document begins here: must be one document"},
		{"? [a]\n: 1\n", "line 1: a key must be a name, not a list or a map"},
		{"a: &a [*a]\n", "line 1: too many values, or values nested too deeply"},
		{bomb, "too many values"},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), "values nested too deeply"},
		{"a: " + strings.Repeat("x", document.MaxBytes), "too large: must be at most 1024 KiB"},
	} {
		n, err := document.Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.40q gave %v, %v; want %q", c.text, n, err, c.want)
		}
	}
	if _, err := document.Read(strings.NewReader(strings.Repeat("x", document.MaxBytes+1))); err == nil {
		t.Error("a text that is too long was read")
	}
}

// Any text gives a tree without duplicate keys, or a list of mistakes.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"a: 1", "a: &x [1, *x]", "{\"a\": {\"b\": null}}", "a: |\n  x\n", "<<: {a: 1}\n", "\t{\n\t\"a\": \"\\t\\\"\\\\\"\t}\t", "\ufeff{}", "- 1\n---\n", "\t", "%YAML 1.2\n---\na", "\xff"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := document.Parse(text)
		if err != nil {
			if ms, ok := err.(document.Mistakes); !ok || len(ms) == 0 {
				t.Errorf("%v is no list of mistakes", err)
			}
			return
		}
		var walk func(n *document.Node)
		walk = func(n *document.Node) {
			seen := map[string]bool{}
			for _, p := range n.Pairs {
				if seen[p.Key] {
					t.Errorf("%q stands twice", p.Key)
				}
				seen[p.Key] = true
				walk(p.Value)
			}
			for _, item := range n.Items {
				walk(item)
			}
		}
		walk(n)
	})
}
