package chart_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
)

// The last hour of an app, as a picture for a notice.
func Example() {
	to := time.Date(2026, time.November, 2, 10, 0, 0, 0, time.UTC)
	ago := func(minutes int) time.Time { return to.Add(-time.Duration(minutes) * time.Minute) }
	c := chart.Chart{
		Title: "shop · web", Subtitle: "2 → 3 dynos: the last 3 heartbeats were slow",
		From: ago(60), To: to,
		Panels: []chart.Panel{
			{
				Title: "Response time", Unit: "ms",
				Lines:  []chart.Line{{Name: "heartbeats", Points: []chart.Point{{Time: ago(60), Y: 180}, {Time: ago(30), Y: 420}, {Time: to, Y: 1300}}}},
				Levels: []chart.Level{{Name: "slow above 1,000 ms", Y: 1000}},
			},
			{
				Title: "Dynos", Height: 60,
				Lines: []chart.Line{{Name: "dynos", Step: true, Points: []chart.Point{{Time: ago(60), Y: 2}, {Time: to, Y: 3}}}},
			},
		},
		Marks: []chart.Mark{{Time: to, Text: "2 → 3 dynos", Kind: chart.Up}},
		Width: 480,
	}
	fmt.Println(c.Description())

	dir, err := os.MkdirTemp("", "chart")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file, err := os.Create(filepath.Join(dir, "hour.png"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	if err := c.PNG(file, 2); err != nil {
		fmt.Println(err)
	}
	// Output:
	// From Mon 2 Nov 2026 09:00 to Mon 2 Nov 2026 10:00 UTC. Response time, ms: heartbeats from 180 to 1,300, last 1,300; slow above 1,000 ms at 1,000. Dynos: dynos from 2 to 3, last 3. Mon 2 Nov 10:00 2 → 3 dynos.
}
