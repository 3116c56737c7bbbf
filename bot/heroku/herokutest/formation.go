package herokutest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func readFormation(a *app, processType string) reply {
	if a == nil {
		return missing("app", "Couldn't find that app.")
	}
	if processType == "" {
		return reply{resource: "formation", value: a.formation()}
	}
	p := a.process(processType)
	if p == nil {
		return noProcess(processType)
	}
	return reply{resource: "formation", value: p.resource(a)}
}

func noProcess(name string) reply {
	return missing("formation", fmt.Sprintf("Couldn't find that process type (%s).", name))
}

type update struct {
	Type     string          `json:"type"`
	Quantity json.RawMessage `json:"quantity"` // an integer, or a string as the CLI sends it: "2", "+2", "-1"
	Size     string          `json:"size"`
}

// A PATCH whose body breaks the schema is the client's violation.
func (s *Server) breaksSchema(path string, body []byte, err error) reply {
	s.violated("the request PATCH %s with %s breaks the schema: %v", path, body, err)
	return invalid("%v", err)
}

func (s *Server) changeFormation(a *app, appName, processType string, body []byte) reply {
	updates, err := s.parseUpdates(processType, body)
	if err != nil {
		return s.breaksSchema("/apps/"+appName+"/formation/"+processType, body, err)
	}
	if a == nil {
		return missing("app", "Couldn't find that app.")
	}
	// All or nothing: every change is checked before the first is made.
	changes := make([]func(), 0, len(updates))
	for _, u := range updates {
		p := a.process(u.Type)
		if p == nil {
			return noProcess(u.Type)
		}
		size := p.Size
		if u.Size != "" {
			size = sizeName(u.Size)
		}
		n, err := u.quantity(p.Quantity)
		switch most := limit(size); {
		case u.Size != "" && !slices.Contains(sizes(), size):
			return invalid("No such size as %s. Use %s.", u.Size, strings.Join(sizes(), ", "))
		case tier(size) != tier(p.Size) && a.otherTier(p, size) != "":
			return invalid("Cannot use the following dyno types in the same app: %s and %s.", size,
				a.otherTier(p, size))
		case err != nil || n < 0:
			return invalid("Invalid quantity for process type %s.", u.Type)
		case n > most:
			return failed(problem{
				status: http.StatusUnprocessableEntity, id: "cannot_update_above_limit", limit: most,
				message: fmt.Sprintf("Cannot update to more than %d %s size dynos per process type.", most, size),
			})
		}
		changes = append(changes, func() {
			if len(u.Quantity) > 0 && u.Type == "web" && a.Autoscaling != nil {
				a.Autoscaling.On = false
			}
			if size != p.Size {
				p.Size, p.dynos = size, nil // Heroku restarts them
			}
			p.set(n, s.birth)
		})
	}
	for _, change := range changes {
		change()
	}
	if processType == "" {
		return reply{resource: "formation", value: a.formation()}
	}
	return reply{resource: "formation", value: a.process(processType).resource(a)}
}

func (s *Server) parseUpdates(processType string, body []byte) ([]update, error) {
	if processType != "" {
		var u update
		if err := s.schemas.checkRequest("formation update", body); err != nil {
			return nil, err
		}
		err := json.Unmarshal(body, &u)
		u.Type = processType
		return []update{u}, err
	}
	var batch struct {
		Updates []update `json:"updates"`
	}
	if err := s.schemas.checkRequest("formation batch update", numbers(body)); err != nil {
		return nil, err
	}
	err := json.Unmarshal(body, &batch)
	return batch.Updates, err
}

// The API accepts quantities as strings, which the CLI sends, although its schema does not allow them.
func numbers(body []byte) []byte {
	var batch map[string]any
	if json.Unmarshal(body, &batch) != nil {
		return body
	}
	updates, _ := batch["updates"].([]any)
	for _, u := range updates {
		if u, ok := u.(map[string]any); ok {
			if q, ok := u["quantity"].(string); ok {
				if n, err := strconv.Atoi(q); err == nil {
					u["quantity"] = n
				}
			}
		}
	}
	return marshal(batch)
}

func (u update) quantity(now int) (int, error) {
	if len(u.Quantity) == 0 {
		return now, nil
	}
	var n int
	if json.Unmarshal(u.Quantity, &n) == nil {
		return n, nil
	}
	var q string
	if err := json.Unmarshal(u.Quantity, &q); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(q)
	if strings.HasPrefix(q, "+") || strings.HasPrefix(q, "-") {
		n += now
	}
	return n, err
}

func sizeName(s string) string {
	for _, known := range sizes() {
		if strings.EqualFold(known, s) {
			return known
		}
	}
	parts := strings.Split(strings.ToLower(s), "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.ReplaceAll(strings.Join(parts, "-"), "x", "X")
}
