package cpu_test

import (
	"context"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// The CPU of the machine, or the container, that the program runs in.
func ExampleNew() {
	here, err := cpu.New(cpu.Options{Signal: cpu.CPU})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(here.Probe(context.Background()).Error)
	// Output: not known yet: CPU is measured from one probe to the next
}

// The busiest of two machines; one may be missing.
func ExampleNewNodes() {
	there, err := cpu.NewNodes(cpu.NodesOptions{
		Signal: cpu.CPU, URLs: []string{"http://10.0.0.1:9100", "http://10.0.0.2:9100"}, Percentile: 100, MayMiss: 1, Timeout: 5 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = there // is asked at each heartbeat
}
