package haproxy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

type stat struct {
	sessions int // scur and qcur: in flight, and queued for this server
	downs    int // transitions from up to down
	status   string
	check    string // result of the last check in words; often empty
}

// The columns of `show stat` grow with each version, so they are found by name.
func parseStat(answer, backend string) (map[string]stat, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(answer), "# ")
	if !ok {
		return nil, fmt.Errorf("the answer %q is not a table of statistics", cut(answer, maxSaid))
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("read the statistics: %w", err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[name] = i
	}
	for _, name := range []string{"pxname", "svname", "qcur", "scur", "status"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("the statistics have no column %s", name)
		}
	}
	all := map[string]stat{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the statistics: %w", err)
		}
		field := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return row[i]
			}
			return ""
		}
		name := field("svname")
		if field("pxname") != backend || name == "BACKEND" || name == "FRONTEND" {
			continue
		}
		var numbers [3]int
		for i, name := range []string{"scur", "qcur", "chkdown"} {
			n, err := strconv.Atoi(field(name))
			if err != nil && field(name) != "" || n < 0 {
				return nil, fmt.Errorf("the statistics have a %s that is not a number: %q", name,
					cut(field(name), maxSaid))
			}
			numbers[i] = n
		}
		all[name] = stat{
			sessions: numbers[0] + numbers[1], downs: numbers[2], status: cut(field("status"), 60),
			check: cut(field("check_desc"), 100),
		}
	}
}
