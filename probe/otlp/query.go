package otlp

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
)

const (
	mostQueries               = 32
	mostMatchers, longestText = 16, 255
)

// A Query selects points of a metric.
type Query struct {
	// Name is the metric's.
	Name string
	// Attributes are attributes of the point or its resource. A value that ends in * matches every value with that
	// prefix.
	Attributes map[string]string
}

// ParseQuery parses name{key=value,key=value}. The braces are optional; spaces around names and values are ignored.
func ParseQuery(text string) (Query, error) {
	name, rest, has := strings.Cut(strings.TrimSpace(text), "{")
	q := Query{Name: strings.TrimSpace(name)}
	if has {
		list, ok := strings.CutSuffix(rest, "}")
		if !ok {
			return Query{}, fmt.Errorf("the metric %.100q has a { without a } at its end", text)
		}
		q.Attributes = map[string]string{}
		for one := range strings.SplitSeq(list, ",") {
			key, value, ok := strings.Cut(one, "=")
			key = strings.TrimSpace(key)
			if _, twice := q.Attributes[key]; !ok || key == "" || twice {
				return Query{}, fmt.Errorf("the metric %.100q is invalid: must be name{key=value,key=value}, with "+
					"each key once", text)
			}
			q.Attributes[key] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return q, q.check()
}

// String formats the query so that ParseQuery can read it.
func (q Query) String() string {
	if len(q.Attributes) == 0 {
		return q.Name
	}
	var all []string
	for _, k := range slices.Sorted(maps.Keys(q.Attributes)) {
		all = append(all, k+"="+q.Attributes[k])
	}
	return q.Name + "{" + strings.Join(all, ",") + "}"
}

// The default name, if the query is not set.
func (q Query) or(name string) Query {
	if q.Name == "" && len(q.Attributes) == 0 {
		return Query{Name: name}
	}
	return Query{q.Name, maps.Clone(q.Attributes)}
}

func (q Query) check() error {
	if q.Name == "" {
		return errors.New("a metric has no name: must be like http.server.request.duration")
	}
	if len(q.Attributes) > mostMatchers {
		return fmt.Errorf("the metric %.100q has %d attributes: the maximum is %d", q.Name,
			len(q.Attributes), mostMatchers)
	}
	for _, text := range append(slices.Collect(maps.Keys(q.Attributes)), q.Name) {
		if len(text) > longestText || strings.ContainsFunc(text,
			func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("{},=", c) }) {
			return fmt.Errorf("the name %.100q of a metric or an attribute has an invalid character, or "+
				"is too long", text)
		}
	}
	return nil
}

// A point's own attributes take precedence over its resource's.
func (q Query) matches(point, resource []*commonpb.KeyValue) bool {
	for key, want := range q.Attributes {
		got, ok := find(point, key)
		if !ok {
			got, ok = find(resource, key)
		}
		begin, open := strings.CutSuffix(want, "*")
		if !ok || open && !strings.HasPrefix(got, begin) || !open && got != want {
			return false
		}
	}
	return true
}

func find(all []*commonpb.KeyValue, key string) (string, bool) {
	for _, kv := range all {
		if kv.GetKey() == key {
			return text(kv.GetValue()), true
		}
	}
	return "", false
}

func text(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(v.IntValue, 10)
	case *commonpb.AnyValue_BoolValue:
		return strconv.FormatBool(v.BoolValue)
	case *commonpb.AnyValue_DoubleValue:
		return strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)
	}
	return ""
}
