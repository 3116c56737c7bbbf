package herokutest

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("update", false, "write schema/heroku.json from the module's schema")

// The copy of the schema is exactly what is reachable in the module's, so nobody can bend it to fit the fake.
func TestThePublishedSchemaIsTheModules(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/heroku/heroku-go/v5").Output()
	if err != nil {
		t.Skipf("the module's folder can't be found: %v", err)
	}
	file, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := excerpt(t, file)
	if *rewrite {
		if err := os.WriteFile("schema/heroku.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(published, want) {
		t.Error("schema/heroku.json differs from the module's schema: go test -run Published -update writes it")
	}
}

func excerpt(t *testing.T, file []byte) []byte {
	t.Helper()
	var whole struct{ Definitions map[string]object }
	if err := json.Unmarshal(file, &whole); err != nil {
		t.Fatal(err)
	}
	out := map[string]object{}
	take := func(name string) object {
		if out[name] == nil {
			out[name] = object{}
		}
		return out[name]
	}
	var follow func(v any)
	follow = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok {
				path := strings.Split(ref, "/") // #/definitions/app/definitions/id
				part := whole.Definitions[path[2]]["definitions"].(object)[path[4]]
				inner, _ := take(path[2])["definitions"].(object)
				if inner == nil {
					inner = object{}
					take(path[2])["definitions"] = inner
				}
				if inner[path[4]] == nil {
					inner[path[4]] = part
					follow(part)
				}
			}
			for _, x := range v {
				follow(x)
			}
		case []any:
			for _, x := range v {
				follow(x)
			}
		}
	}
	for _, name := range []string{"account", "app", "dyno", "formation", "rate-limit", "release"} {
		resource := maps.Clone(whole.Definitions[name])
		delete(resource, "links")
		delete(resource, "definitions")
		delete(resource, "$schema")
		maps.Copy(take(name), resource)
		follow(resource)
	}
	requests := object{}
	for _, resource := range []string{"app", "formation"} {
		for _, link := range whole.Definitions[resource]["links"].([]any) {
			link := link.(object)
			name := resource + " " + strings.ToLower(link["title"].(string))
			if link["schema"] != nil && name != "app create" {
				requests[name] = link["schema"]
				follow(link["schema"])
			}
		}
	}
	b, err := json.MarshalIndent(object{"definitions": out, "requests": requests}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func TestTheSchemaIsStrict(t *testing.T) {
	s := loadSchemas()
	a := newApp(App{Name: "my-app"})
	good := func() object { return a.processes[0].resource(a) }
	if err := s.checkAnswer("formation", good()); err != nil {
		t.Fatalf("a right answer is refused: %v", err)
	}
	for name, bend := range map[string]func(object){
		"a missing field":         func(o object) { delete(o, "command") },
		"a field too many":        func(o object) { o["color"] = "red" },
		"a string for an integer": func(o object) { o["quantity"] = "2" },
		"a fraction":              func(o object) { o["quantity"] = 2.5 },
		"null":                    func(o object) { o["size"] = nil },
		"no uuid":                 func(o object) { o["id"] = "7" },
		"no time":                 func(o object) { o["updated_at"] = "yesterday" },
		"a bad process type":      func(o object) { o["type"] = "we b" },
		"a bad name, referred to": func(o object) { o["app"] = object{"id": a.id(), "name": "My App"} },
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			bend(o)
			if s.checkAnswer("formation", o) == nil {
				t.Errorf("passed: %v", o)
			}
			if s.checkAnswer("formation", []object{good(), o}) == nil {
				t.Errorf("passed in a list: %v", o)
			}
		})
	}
	for _, body := range []string{`{"quantity":"2"}`, `{"quantity":2,"color":"red"}`, `{"quantity":2.5}`, `[]`, `{`, `{} {}`, ``} {
		if s.checkRequest("formation update", []byte(body)) == nil {
			t.Errorf("request %q passed", body)
		}
	}
	for _, body := range []string{`{"quantity":2}`, `{"quantity":0,"size":"Basic"}`} {
		if err := s.checkRequest("formation update", []byte(body)); err != nil {
			t.Errorf("request %s: %v", body, err)
		}
	}
}
