package pool

import (
	"strconv"
	"strings"
)

// Number returns the number in a server's name, such as 7 for web-7 in the pool web: 1 to 999999999. It returns 0 for a
// name that the pool does not give.
func Number(pool, name string) int {
	digits, ok := strings.CutPrefix(name, pool+"-")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > 999_999_999 || digits != strconv.Itoa(n) {
		return 0
	}
	return n
}

// The lowest free number gives the same name after a restart. An order whose answer was lost is then repeated under its
// old name.
func (p *planner) freeName() string {
	for n := 1; ; n++ {
		if name := p.o.Name + "-" + strconv.Itoa(n); !p.taken[name] {
			return name
		}
	}
}
