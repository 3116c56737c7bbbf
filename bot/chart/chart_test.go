package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func noon() time.Time { return time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC) }

func every(step time.Duration, values ...float64) []chart.Point {
	var out []chart.Point
	for i, v := range values {
		out = append(out, chart.Point{Time: noon().Add(time.Duration(i) * step), Y: v})
	}
	return out
}

// A chart with one of everything.
func hour() chart.Chart {
	nan := math.NaN()
	return chart.Chart{
		Title: "shop · web", Subtitle: "The last hour",
		From: noon(), To: noon().Add(time.Hour),
		Panels: []chart.Panel{
			{
				Title: "Response time", Unit: "ms", Height: 100,
				Lines:  []chart.Line{{Name: "median", Points: every(10*time.Minute, 80, 120, nan, 1200, 300, 250, 90)}},
				Levels: []chart.Level{{Name: "slow above 1,000", Y: 1000}},
			},
			{
				Title: "Dynos", Height: 60,
				Lines: []chart.Line{
					{Name: "dynos", Points: every(20*time.Minute, 1, 2, 3, 2), Step: true},
					{Name: "needed", Points: every(15*time.Minute, 1, 2, 2.5, 2, 1), Dashed: true},
				},
				Bands: []chart.Band{{Name: "allowed", Low: every(30*time.Minute, 1, 2, 2), High: every(30*time.Minute, 3, 4, 4)}},
			},
		},
		Marks: []chart.Mark{
			{Time: noon().Add(20 * time.Minute), Text: "1 → 2 dynos", Kind: chart.Up},
			{Time: noon().Add(time.Hour), Text: "3 → 2 dynos", Kind: chart.Down},
		},
		Width: 480,
	}
}

func policies() chart.Scatter {
	return chart.Scatter{
		Title: "Slow minutes against dyno-hours",
		X:     chart.Axis{Title: "Dyno-hours", Unit: "÷ oracle", Min: 0.8, Max: 1.4},
		Y:     chart.Axis{Title: "Slow minutes", Unit: "%", Log: true},
		Series: []chart.Series{
			{Name: "counting", Dots: []chart.Dot{{X: 0.92, Y: 52, Label: "flash"}, {X: 0.93, Y: 44, Label: "week"}}},
			{Name: "adaptive", Dots: []chart.Dot{{X: 1.14, Y: 0.1, Label: "flash"}, {X: 1.12, Y: 0.15, Label: "week"}}, Join: true},
		},
		Width: 480, Height: 300,
	}
}

type picture interface {
	SVG(w io.Writer) error
	PNG(w io.Writer, scale float64) error
	Description() string
}

func svgOf(t testing.TB, p picture) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.SVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func pngOf(t testing.TB, p picture, scale float64) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := p.PNG(&b, scale); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSVGIsAsItWas(t *testing.T) {
	dark := hour()
	dark.Dark = true
	for name, p := range map[string]picture{"hour": hour(), "hour-dark": dark, "scatter": policies()} {
		t.Run(name, func(t *testing.T) {
			file, got := filepath.Join("testdata", name+".svg"), svgOf(t, p)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is no longer what is drawn; look at it with -update:\n%s", file, got)
			}
			if again := svgOf(t, p); again != got {
				t.Error("a second drawing differs from the first")
			}
		})
	}
}

func TestTextsFromOutsideAreEscapedAndCut(t *testing.T) {
	racetest.Computes(t)
	evil := `</text><script>alert("x")</script>&'` + "\x00\x1b\u202e\xff" + strings.Repeat("very long ", 400)
	c := hour()
	c.Title, c.Subtitle, c.Panels[0].Title, c.Panels[0].Unit = evil, evil, evil, evil
	c.Panels[0].Lines[0].Name, c.Panels[0].Levels[0].Name, c.Panels[1].Bands[0].Name, c.Marks[0].Text = evil, evil, evil, evil
	s := policies()
	s.Title, s.X.Title, s.Y.Title, s.Series[0].Name, s.Series[0].Dots[0].Label = evil, evil, evil, evil, evil
	for _, p := range []picture{c, s} {
		out := svgOf(t, p)
		wellFormed(t, out)
		if strings.Contains(out, "<script") || strings.ContainsAny(out, "\x00\x1b\u202e") {
			t.Errorf("a text from outside came through:\n%s", out)
		}
		if len(out) > 50_000 {
			t.Errorf("long names make %d bytes", len(out))
		}
		apart(t, out)
		pngOf(t, p, 1)
	}
}

func TestAPageWithTheStrictestPolicyCanHoldAnSVG(t *testing.T) {
	for _, p := range []picture{hour(), policies()} {
		out := svgOf(t, p)
		for _, forbidden := range []string{"style=", "<style", "href", "url(", "<script", " on"} {
			tags := out
			if forbidden == " on" {
				tags = strings.ReplaceAll(out, " one", "")
			}
			if strings.Contains(tags, forbidden) {
				t.Errorf("the SVG has %q:\n%s", forbidden, out)
			}
		}
		for _, wanted := range []string{`role="img"`, "<title>", "<desc>", `aria-label="`} {
			if !strings.Contains(out, wanted) {
				t.Errorf("the SVG has no %s", wanted)
			}
		}
	}
}

func TestDescriptionTellsWhatIsSeen(t *testing.T) {
	want := "From Mon 2 Nov 2026 12:00 to Mon 2 Nov 2026 13:00 UTC. Response time, ms: median from 80 to 1,200, last 90; " +
		"slow above 1,000 at 1,000. Dynos: dynos from 1 to 3, last 2; needed from 1 to 2.5, last 1. " +
		"Mon 2 Nov 12:20 1 → 2 dynos. Mon 2 Nov 13:00 3 → 2 dynos."
	if got := hour().Description(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "Slow minutes, % against Dyno-hours, ÷ oracle. counting: flash 52 at 0.92; week 44 at 0.93. " +
		"adaptive: flash 0.1 at 1.14; week 0.15 at 1.12."
	if got := policies().Description(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLegendLeavesOutWhatOthersTell(t *testing.T) {
	p := policies()
	p.Series[1].NoKey = true
	if out := svgOf(t, p); !strings.Contains(out, ">counting</text>") || strings.Contains(out, ">adaptive</text>") ||
		!strings.Contains(out, "adaptive flash: 1.14, 0.1") {
		t.Errorf("the legend should have counting alone, and the dots their notes:\n%s", out)
	}
	p.Series[1].NoKey = false
	if out := svgOf(t, p); !strings.Contains(out, ">adaptive</text>") {
		t.Errorf("the legend should have both:\n%s", out)
	}
}

func TestMistakesAreToldAtOnce(t *testing.T) {
	c := chart.Chart{From: noon(), To: noon(), Width: 100, Height: -1}
	err := c.SVG(io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"the width is 100 pixels: must be 240–4000",
		"the height is -1 pixels: must be 0–8000",
		"To must be a second to 100 years after From",
		"0 panels: must be 1–20",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	for name, err := range map[string]error{
		"needs both ends":               chart.Chart{Panels: make([]chart.Panel, 1)}.SVG(io.Discard),
		"4001 pixels high":              chart.Chart{From: noon(), To: noon().Add(time.Hour), Panels: []chart.Panel{{Height: 4001}}}.SVG(io.Discard),
		"51 series: must be at most 50": chart.Scatter{Series: make([]chart.Series, 51)}.SVG(io.Discard),
		"must be 0.5–4":                 hour().PNG(io.Discard, math.NaN()),
		"choose a smaller scale":        chart.Scatter{Width: 4000, Height: 8000}.PNG(io.Discard, 4),
		"no room on the disk today":     hour().SVG(full{}),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %q", err, name)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room on the disk today") }

// A test, or one run of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Valid XML in which every number is finite.
func wellFormed(t failer, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Local != "aria-label" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
					t.Fatalf("%s=%q in %s", a.Name.Local, a.Value, start.Name.Local)
				}
			}
		}
	}
}

func BenchmarkWeekOfMinutes(b *testing.B) {
	c := busy(7 * 24 * time.Hour)
	b.Run("svg", func(b *testing.B) {
		for b.Loop() {
			if err := c.SVG(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, scale := range []float64{1, 2} {
		b.Run(fmt.Sprintf("png%gx", scale), func(b *testing.B) {
			for b.Loop() {
				if err := c.PNG(io.Discard, scale); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
