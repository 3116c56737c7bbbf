package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	maxBody                  = 64 << 10 // bytes
	mostAtOnce               = 100      // metrics in a post
	longestName, longestUnit = 100, 20  // bytes
	maxValue                 = 1e300    // so that sums stay finite
	mostInstance             = 100_000
)

// in App Autoscaler's form
type refusal struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, strings.ReplaceAll(http.StatusText(status), " ", "-"), fmt.Sprintf(format, args...)}
}

// ServeHTTP accepts a push:
//
//	POST /v1/apps/{guid}/metrics  {"instance_index": 0, "metrics": [{"name": "jobs", "value": 7, "unit": "jobs"}]}
//	POST /metrics/{name}          7                       (optionally ?instance=1&unit=jobs)
//
// It answers 200 if all values are kept, and otherwise {"code": …, "message": …}, with
//   - 400 if the body, a name, a value, a unit or an instance is invalid, or there are too many names or instances: the
//     message says all that is wrong, and nothing of the post is kept;
//   - 401 if the token is wrong, 403 if the app is not [Options].App;
//   - 404 for another path, 405 if it is not a POST, 413 if the body is larger than 64 KiB, 415 if it is compressed.
//
// The server's timeouts limit the time of a post.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	no := s.serve(w, r)
	if no == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	s.complain(time.Now(), no)
	switch no.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(no.status)
	_ = json.NewEncoder(w).Encode(no)
}

// At most one warning per minute.
func (s *Store) complain(now time.Time, no *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told.IsZero() || now.Sub(s.told) >= time.Minute {
		s.told = now
		s.log.Warn("pushed metrics: a post was refused", "status", no.status, "because", no.Message)
	}
}

func (s *Store) serve(w http.ResponseWriter, r *http.Request) *refusal {
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "push metrics with POST")
	}
	if !s.guard.Knows(r) {
		return refuse(http.StatusUnauthorized,
			"wrong token: send it as Authorization: Bearer TOKEN, or as the password of basic "+
				"authentication")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return refuse(http.StatusUnsupportedMediaType, "the content must not be compressed")
	}
	app, isApp := strings.CutPrefix(r.URL.Path, "/v1/apps/")
	app, isForm := strings.CutSuffix(app, "/metrics")
	name, isShort := strings.CutPrefix(r.URL.Path, "/metrics/")
	isForm = isApp && isForm && app != "" && !strings.Contains(app, "/")
	switch {
	case !isForm && !isShort:
		return refuse(http.StatusNotFound, "push metrics to /v1/apps/{guid}/metrics or to /metrics/{name}")
	case isForm && !s.knows(app):
		return refuse(http.StatusForbidden, "the bot does not manage this app")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBody)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "the body is incomplete")
	}
	var points []point
	if isForm {
		points, err = readForm(body)
	} else {
		points, err = readShort(name, r.URL.RawQuery, string(body))
	}
	if err == nil {
		err = s.take(time.Now(), points)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (s *Store) knows(app string) bool {
	return s.app == "" || app == s.app || s.guids && guid.MatchString(app)
}

type form struct {
	Instance int `json:"instance_index"`
	Metrics  []struct {
		Name  string   `json:"name"`
		Value *float64 `json:"value"`
		Unit  string   `json:"unit"`
	} `json:"metrics"`
}

func readForm(body []byte) ([]point, error) {
	var f form
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, errors.New(`invalid body: must be like {"instance_index": 0, "metrics": [{"name": "jobs", "value": 7, "unit": "jobs"}]}`)
	}
	if n := len(f.Metrics); n == 0 || n > mostAtOnce {
		return nil, fmt.Errorf("the body has %d metrics: must have 1 to %d", n, mostAtOnce)
	}
	var points []point
	var wrong []error
	first := map[string]int{}
	for i, m := range f.Metrics {
		before, twice := first[m.Name]
		switch {
		case m.Value == nil:
			wrong = append(wrong, fmt.Errorf("metric %d has no value", i+1))
			continue
		case twice:
			wrong = append(wrong, fmt.Errorf("metric %d has the name of metric %d", i+1, before))
			continue
		}
		first[m.Name] = i + 1
		p := point{m.Name, f.Instance, *m.Value, m.Unit}
		if err := p.check(); err != nil {
			wrong = append(wrong, fmt.Errorf("metric %d: %w", i+1, err))
		}
		points = append(points, p)
	}
	return points, errors.Join(wrong...)
}

// The query has the instance and the unit.
func readShort(name, query, body string) ([]point, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("invalid parameters after the question mark")
	}
	for key, values := range q {
		if key != "instance" && key != "unit" { // a misspelt instance would change another's value
			return nil, fmt.Errorf("unknown parameter %.30q: must be instance or unit", key)
		}
		if len(values) > 1 {
			return nil, fmt.Errorf("the parameter %s is given %d times", key, len(values))
		}
	}
	p := point{name: name, unit: q.Get("unit")}
	if instance := q.Get("instance"); instance != "" {
		n, err := strconv.Atoi(instance)
		if err != nil {
			return nil, errors.New("the instance must be a number, 0 for the first")
		}
		p.instance = n
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(body), 64)
	if err != nil {
		return nil, errors.New("the body must be a number, such as 7.5")
	}
	p.value = value
	return []point{p}, p.check()
}

func (p point) check() error {
	var wrong []error
	if why := checkName(p.name); why != "" {
		wrong = append(wrong, fmt.Errorf("the name %.100q %s", p.name, why))
	}
	if p.instance < 0 || p.instance > mostInstance {
		wrong = append(wrong, fmt.Errorf("the instance is %d: must be 0 to %d", p.instance, mostInstance))
	}
	if !(math.Abs(p.value) <= maxValue) {
		wrong = append(wrong, fmt.Errorf("the value %v is out of range", p.value))
	}
	if len(p.unit) > longestUnit || strings.ContainsFunc(p.unit,
		func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }) {
		wrong = append(wrong, fmt.Errorf("the unit %.30q must be up to %d bytes of printable characters",
			p.unit, longestUnit))
	}
	return errors.Join(wrong...)
}

func checkName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > longestName:
		return fmt.Sprintf("is longer than %d bytes", longestName)
	case strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_.-", c)
	}):
		return "must have only letters, digits and _ . -"
	}
	return ""
}
