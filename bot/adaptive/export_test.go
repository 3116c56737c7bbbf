package adaptive

import (
	"math"
	"reflect"
)

func SameNumbers(a, b *Model) bool {
	x, y := reflect.ValueOf(a.numbers), reflect.ValueOf(b.numbers)
	for i := range x.NumField() {
		if math.Abs(x.Field(i).Float()-y.Field(i).Float()) > 1e-9 {
			return false
		}
	}
	return true
}
