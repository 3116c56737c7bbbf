// Package format reads what earlier versions wrote: records and memories whose JSON has the names of format 1.
package format

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Current is the form of records and memories that are written as JSON, under "format". Those without it are of format
// 1, that of version 0.1, which is read all the same.
const Current = 2

// A renaming leads from the names of format 1 to those of format 2: of keys, by where they stand, and of values, by the
// key that they have.
type renaming struct {
	keys   map[string]string
	values map[string]map[string]string
	kinds  []string // where the keys are kinds of notices, which know their old names themselves
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

// Record returns the text of a record of any format that is known as one of the current format.
func Record(text []byte) ([]byte, error) { return oldRecord.present(text) }

// Memory returns the text of a memory in the same way.
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

// present returns a text of format 1 or 2 as one of format 2. Where it is neither JSON nor known, the error says so.
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
		return nil, fmt.Errorf("format %d is not known; a newer autoscalebot wrote it, and this one knows up to %d",
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
