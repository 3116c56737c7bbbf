package json

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

// A Combine makes one value of several: their sum, mean or maximum.
type Combine string

const (
	Sum  Combine = "sum"
	Mean Combine = "mean"
	Max  Combine = "max"
)

const maxDynos = math.MaxInt32

// For some mistaken paths gjson reports no error, and finds nothing or only the first of several values.
func checkPath(s string) error {
	const hint = "use a path such as queues.mail.size, queues.0.size or queues.#(name==\"mail\").size"
	switch open, wild := plain(s); {
	case strings.TrimSpace(s) == "":
		return errors.New("the path is empty: " + hint + ", or @this for the whole answer")
	case strings.HasPrefix(s, "$"):
		return fmt.Errorf("the path %.100q is a JSONPath, but must be in gjson's syntax: %s", s, hint)
	case open:
		return fmt.Errorf("the path %.100q has a [ after a name: %s", s, hint)
	case wild:
		return fmt.Errorf("the path %.100q has a * or ?, which finds only the first of several: use .@values.# for "+
			"all members of an object, .# for all elements of a list", s)
	}
	return nil
}

// Finds a bracket after a name and a wildcard, outside queries and quotes and not after a backslash.
func plain(s string) (open, wild bool) {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth > 0:
		case c == '[':
			open = open || i > 0 && !strings.ContainsRune(".|,[{:", rune(s[i-1]))
		case c == '*' || c == '?':
			wild = true
		}
	}
	return open, wild
}

// True if the value is a list's length or combines all its elements.
func (p *Prober) counts() bool { return p.combine != "" || strings.HasSuffix(p.path, "#") }

// Anything may be in the target of a Link, between < and >.
var next = regexp.MustCompile(`(?i);\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)`)

func hasNext(h http.Header) bool {
	for _, links := range h.Values("Link") {
		for link := range strings.SplitSeq(links, "<") {
			_, parameters, ok := strings.Cut(link, ">")
			if ok && next.MatchString(parameters) {
				return true
			}
		}
	}
	return false
}

func (p *Prober) read(body []byte) (value float64, unit string, err error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !json.Valid(body) { // gjson assumes it, and it bounds the depth
		return 0, "", failure.Bad("the answer is not JSON")
	}
	if repeats(body) { // gjson takes the first value, others the last
		return 0, "", failure.Bad("the answer has an object with the same name twice, so its value is " +
			"ambiguous")
	}
	found := gjson.GetBytes(body, p.path)
	switch {
	case !found.Exists():
		return 0, "", failure.Bad("the answer has nothing at %.100q", p.path)
	case p.desired:
		return p.readDesired(found)
	case p.combine != "" && found.IsArray():
		value, err = p.combined(found.Array())
		return value, p.unit, err
	}
	value, ok := number(found)
	if !ok {
		return 0, "", p.noNumber(found)
	}
	return value, p.unit, nil
}

func (p *Prober) combined(found []gjson.Result) (float64, error) {
	if len(found) == 0 {
		return 0, failure.Bad("the answer has an empty list at %.100q", p.path)
	}
	sum, most := 0.0, math.Inf(-1)
	for _, v := range found {
		n, ok := number(v)
		if !ok {
			return 0, p.noNumber(v)
		}
		sum, most = sum+n, max(most, n)
	}
	value := sum
	switch p.combine {
	case Mean:
		value = sum / float64(len(found))
	case Max:
		value = most
	}
	if math.IsInf(value, 0) {
		return 0, failure.Bad("the %s of the values at %.100q is out of range", p.combine, p.path)
	}
	return value, nil
}

func (p *Prober) readDesired(v gjson.Result) (float64, string, error) {
	if v.Type == gjson.String {
		switch v.Str {
		case "up":
			return 1, probe.UnitSteps, nil
		case "down":
			return -1, probe.UnitSteps, nil
		case "stay":
			return 0, probe.UnitSteps, nil
		}
	}
	n, ok := number(v)
	if !ok {
		return 0, "", failure.Bad(`the value at %.100q must be "up", "down", "stay" or a number of dynos`, p.path)
	}
	if n != math.Trunc(n) || n < 0 || n > maxDynos {
		return 0, "", failure.Bad("the answer asks for %v dynos at %.100q: must be a whole number from 0 to %d",
			n, p.path, maxDynos)
	}
	return n, probe.UnitDynos, nil
}

func number(v gjson.Result) (float64, bool) {
	n := v.Num
	switch v.Type {
	case gjson.Number:
	case gjson.String:
		var err error
		if n, err = strconv.ParseFloat(v.Str, 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return n, !math.IsNaN(n) && !math.IsInf(n, 0)
}

// The text omits the value.
func (p *Prober) noNumber(v gjson.Result) error {
	kind := "true or false"
	switch {
	case v.IsArray():
		kind = "a list: select one element, or set combine"
	case v.IsObject():
		kind = "an object: select one member"
	case v.Type == gjson.Null:
		kind = "null"
	case v.Type == gjson.String:
		kind = "a string that is not a number"
	case v.Type == gjson.Number:
		kind = "a number out of range"
	}
	return failure.Bad("the answer has no number at %.100q, but %s", p.path, kind)
}
