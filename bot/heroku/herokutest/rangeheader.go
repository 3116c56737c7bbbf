package herokutest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Range header is such as "version ..; max=1, order=desc". It selects 200 items unless it has a max. next is the
// Next-Range of what follows, "" at the end. The list keeps its order, whatever field the header names. Headers of
// another form are ignored.
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
