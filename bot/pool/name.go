package pool

import (
	"strconv"
	"strings"
)

// Number is that of a server of a pool by its name, such as 7 for web-7 of web: 1 to 999999999, and 0 for a name that
// the pool gives to none.
func Number(pool, name string) int {
	digits, ok := strings.CutPrefix(name, pool+"-")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > 999_999_999 || digits != strconv.Itoa(n) {
		return 0
	}
	return n
}

// freeName has the lowest free number. It is the same after a restart, so that an order whose answer was lost is sent
// under the same name again.
func (p *planner) freeName() string {
	for n := 1; ; n++ {
		if name := p.o.Name + "-" + strconv.Itoa(n); !p.taken[name] {
			return name
		}
	}
}
