// Package format reads records and memories of earlier versions: JSON with the names of format 1.
package format

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Current is the format of the records and memories that are written, under "format" in their JSON. JSON without it has
// format 1, that of version 0.1, and is still read.
const Current = 2

// A renaming maps the names of format 1 to those of format 2: keys by their path, and values by the path of their key.
type renaming struct {
	keys   map[string]string
	values map[string]map[string]string
	kinds  []string // paths whose keys are kinds of notices, which translate themselves
}

var (
	oldVerdicts = map[string]string{"right": "ok", "blind": "no data"}
	oldRules    = map[string]string{
		"order": "override", "hands off": "left alone", "no help": "ineffective scale-ups", "blind": "no data",
	}

	oldRecord = renaming{
		keys: map[string]string{
			".control.order":                  "override",
			".decision.adopted":               "manual_change",
			".decision.climb":                 "ineffective",
			".decision.hands_off":             "left_alone",
			".decision.load.patience_seconds": "hold_seconds",
			".decision.load.stray":            "outliers",
			".decision.signals.wish":          "desired",
			".decision.size_order":            "ladder",
			".decision.size_wish":             "size_desired",
			".decision.wish":                  "desired",
		},
		values: map[string]map[string]string{
			".decision.clamps.by":       {"help": "ineffective"},
			".decision.rule":            oldRules,
			".decision.signals.verdict": oldVerdicts,
			".decision.size_held":       {"hands off": "left alone", "order": "override"},
			".decision.verdict":         oldVerdicts,
		},
	}
	oldMemory = renaming{
		keys: map[string]string{
			".state.blind":                    "no_data",
			".state.breaches.blind":           "no_data",
			".state.climb":                    "scale_ups",
			".state.control.order":            "override",
			".state.load.feed":                "router",
			".state.load.feed.capacity.bears": "per_dyno",
			".state.load.idle":                "baseline",
			".state.load.patience":            "hold_time",
			".state.load.regretted":           "reversed",
			".state.load.starts.told":         "reported",
			".state.load.stray":               "outliers",
			".state.signals.blind":            "no_data",
			".state.weeks.foretold":           "predicted",
			".state.wishes":                   "desired",
			".told":                           "notified",
			".beside.*.told":                  "notified",
			".told.incidents.*.told":          "notified",
			".told.rivalry":                   "conflict",
			".told.rivalry.told":              "notified",
			".untold":                         "undelivered",
		},
		kinds: []string{".beside", ".told.calm", ".told.incidents"},
	}
)

// Record converts a record of any known format to the current one.
func Record(text []byte) ([]byte, error) { return oldRecord.present(text) }

// Memory converts a memory of any known format to the current one.
func Memory(text []byte) ([]byte, error) { return oldMemory.present(text) }

func (n renaming) apply(at string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			path, name := at+"."+key, n.keys[at+"."+key]
			if slices.Contains(n.kinds, at) {
				path = at + ".*"
			}
			out[cmp.Or(name, key)] = n.apply(path, v[key])
		}
		return out
	case []any:
		for i := range v {
			v[i] = n.apply(at, v[i])
		}
	case string:
		if is, ok := n.values[at][v]; ok {
			return is
		}
	}
	return v
}

// An error says that the text is not JSON, or has an unknown format.
func (n renaming) present(text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte(`{"format":2,`)) {
		return text, nil
	}
	var is struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &is); err != nil {
		return nil, err
	}
	switch {
	case is.Format == Current:
		return text, nil
	case is.Format != 0:
		return nil, fmt.Errorf("unknown format %d: a newer autoscalebot wrote it, and this one reads up to %d",
			is.Format, Current)
	}
	var old any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	if err := numbers.Decode(&old); err != nil {
		return nil, err
	}
	return json.Marshal(n.apply("", old))
}
