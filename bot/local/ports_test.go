package local

import "testing"

func TestNoPortIsGivenToTwoProcesses(t *testing.T) {
	offers := []int{7, 7, 7, 8, 7}
	p := newPorts()
	p.find = func() (int, error) {
		o := offers[0]
		offers = offers[1:]
		return o, nil
	}
	for i, want := range []int{7, 8} {
		if port, err := p.take(); port != want || err != nil {
			t.Errorf("process %d got port %d, %v, want %d", i, port, err, want)
		}
	}
	p.giveBack(7)
	if port, err := p.take(); port != 7 || err != nil {
		t.Errorf("got port %d, %v, want 7, which was given back", port, err)
	}
}
