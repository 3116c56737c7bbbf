package herokutest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// inRange gives the part of a list that a Range header such as "version ..; max=1, order=desc" asks for, 200 where it
// names no number, and the Next-Range of what comes after it, "" when there is nothing. The list is in the order of
// whatever field the header names. A header of another form is passed over.
func inRange(list []object, header string) (part []object, next string) {
	form := regexp.MustCompile(`^(version|id) *(\]?)([0-9a-f-]*)\.\. *(?:;(.*))?$`).FindStringSubmatch(header)
	if form == nil {
		form = []string{"", "id", "", "", ""}
	}
	field, after, from, options := form[1], form[2] == "]", form[3], form[4]
	most, descending := 200, false
	for option := range strings.SplitSeq(options, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(option), "="); name {
		case "max":
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				most = min(n, 1000)
			}
		case "order":
			descending = value == "desc"
		}
	}
	if descending {
		slices.Reverse(list)
	}
	if i := slices.IndexFunc(list, func(o object) bool { return fmt.Sprint(o[field]) == from }); i >= 0 {
		if after {
			i++
		}
		list = list[i:]
	}
	if len(list) <= most {
		return list, ""
	}
	order := ""
	if descending {
		order = ",order=desc"
	}
	return list[:most], fmt.Sprintf("%s ]%v..; max=%d%s", field, list[most-1][field], most, order)
}
