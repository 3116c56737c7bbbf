package herokutest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// The part of Heroku's JSON schema (Draft 4) that this package needs, from the Go module github.com/heroku/heroku-go/v5
// v5.5.0, under the license in schema/LICENSE. A test compares the two, and updates it: go test -run Published -update.
//
//go:embed schema/heroku.json
var published []byte

type schemas struct {
	resources, requests map[string]*jsonschema.Schema
}

var loadSchemas = sync.OnceValue(func() *schemas {
	var doc struct {
		Definitions map[string]any `json:"definitions"`
		Requests    map[string]any `json:"requests"`
	}
	if err := json.Unmarshal(published, &doc); err != nil {
		panic(fmt.Sprintf("herokutest: %v", err))
	}
	for _, d := range doc.Definitions {
		strict(d)
	}
	for _, r := range doc.Requests {
		r.(object)["additionalProperties"] = false
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft4
	if err := c.AddResource("heroku:schema.json", bytes.NewReader(marshal(doc))); err != nil {
		panic(fmt.Sprintf("herokutest: %v", err))
	}
	compile := func(section string, names map[string]any) map[string]*jsonschema.Schema {
		out := map[string]*jsonschema.Schema{}
		for name := range names {
			if _, is := names[name].(object)["type"]; is {
				out[name] = c.MustCompile("heroku:schema.json#/" + section + "/" + strings.ReplaceAll(name, " ", "%20"))
			}
		}
		return out
	}
	return &schemas{resources: compile("definitions", doc.Definitions), requests: compile("requests", doc.Requests)}
})

// strictProperties means that all properties must be present, and no others. No validator supports it.
func strict(v any) {
	switch v := v.(type) {
	case object:
		properties, ok := v["properties"].(object)
		if ok && v["strictProperties"] == true {
			v["required"] = slices.Sorted(maps.Keys(properties))
			v["additionalProperties"] = false
		}
		// Go's regular expressions do not support one pattern, that of a space's name.
		if pattern, ok := v["pattern"].(string); ok && strings.Contains(pattern, "(?!") {
			delete(v, "pattern")
		}
		for _, x := range v {
			strict(x)
		}
	case []any:
		for _, x := range v {
			strict(x)
		}
	}
}

func (s *schemas) checkAnswer(resource string, value any) error {
	if resource == "" {
		return nil
	}
	var decoded any
	if err := json.Unmarshal(marshal(value), &decoded); err != nil {
		return err
	}
	list, ok := decoded.([]any)
	if !ok {
		list = []any{decoded}
	}
	for _, v := range list {
		if err := s.resources[resource].Validate(v); err != nil {
			return plain(err)
		}
	}
	return nil
}

func (s *schemas) checkRequest(request string, body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return plain(s.requests[request].Validate(v))
}

func plain(err error) error {
	v, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return err
	}
	for len(v.Causes) > 0 {
		v = v.Causes[0]
	}
	if v.InstanceLocation == "" {
		return fmt.Errorf("%s", v.Message)
	}
	return fmt.Errorf("%s: %s", v.InstanceLocation, v.Message)
}
