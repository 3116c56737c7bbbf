package cpu

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	cpuSeconds      = "node_cpu_seconds_total"
	memoryTotal     = "node_memory_MemTotal_bytes"
	memoryAvailable = "node_memory_MemAvailable_bytes"
	success         = "node_scrape_collector_success"
)

const longest = 1e12 // seconds of a processor: about 30,000 years

func (s Signal) collector() string {
	if s == Memory {
		return "meminfo"
	}
	return "cpu"
}

type page struct {
	busy, idle       float64 // seconds of all processors
	processors       map[string]bool
	total, available float64         // bytes; below 0 if unknown
	failed           map[string]bool // collectors that report a failure
}

var errNoPage = errors.New("the answer is not node_exporter's: check the URL")

func parse(body []byte) (page, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return page{}, errNoPage
	}
	p := page{processors: map[string]bool{}, total: -1, available: -1, failed: map[string]bool{}}
	for _, m := range families[success].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "collector" && m.GetGauge().GetValue()+m.GetUntyped().GetValue() == 0 {
				p.failed[l.GetValue()] = true
			}
		}
	}
	for _, m := range families[cpuSeconds].GetMetric() {
		var processor, mode string
		for _, l := range m.GetLabel() {
			switch l.GetName() {
			case "cpu":
				processor = l.GetValue()
			case "mode":
				mode = l.GetValue()
			}
		}
		seconds := m.GetCounter().GetValue() + m.GetUntyped().GetValue()
		if !(seconds >= 0 && seconds <= longest) {
			return page{}, fmt.Errorf("the answer has an invalid %s of %v", cpuSeconds, seconds)
		}
		p.processors[processor] = true
		if mode == "idle" || mode == "iowait" {
			p.idle += seconds
		} else {
			p.busy += seconds
		}
	}
	for _, m := range families[memoryTotal].GetMetric() {
		p.total = m.GetGauge().GetValue() + m.GetUntyped().GetValue()
	}
	for _, m := range families[memoryAvailable].GetMetric() {
		p.available = m.GetGauge().GetValue() + m.GetUntyped().GetValue()
	}
	return p, nil
}

func (p page) usage(at time.Time) (usage, error) {
	if len(p.processors) == 0 {
		return usage{}, fmt.Errorf("the answer has no %s: check that the URL is a node_exporter's, with its "+
			"collector cpu",
			cpuSeconds)
	}
	return usage{busy: p.busy, idle: p.idle, from: fmt.Sprintf("%d processors", len(p.processors)), at: at}, nil
}

func (p page) memory() (float64, error) {
	if known := p.total > 0 && p.available >= 0 && !math.IsInf(p.total, 0); !known {
		return 0, fmt.Errorf("the answer has no %s or %s: check that the URL is a node_exporter's, with its "+
			"collector meminfo", memoryTotal, memoryAvailable)
	}
	return share(p.total-p.available, p.total), nil
}
