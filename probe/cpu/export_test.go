package cpu

import "time"

// ReadPage reads two answers that came a second apart.
func ReadPage(first, second []byte) (cpu, memory float64, err error) {
	var m meter
	now := time.Unix(1, 0)
	if p, err := parse(first); err == nil {
		if u, err := p.usage(now); err == nil {
			_, _ = m.take(u)
		}
	}
	p, err := parse(second)
	if err != nil {
		return 0, 0, err
	}
	if memory, err = p.memory(); err != nil {
		return 0, memory, err
	}
	u, err := p.usage(now.Add(time.Second))
	if err != nil {
		return 0, 0, err
	}
	cpu, err = m.take(u)
	return cpu, memory, err
}
