package chart

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"time"
)

// A Chart is a stack of panels over one time axis. It needs From, To and at least one panel.
type Chart struct {
	// Title and Subtitle are above everything else; an empty one takes no space.
	Title, Subtitle string
	// From and To are the ends of the time axis, To at least a second and at most 100 years after From.
	From, To time.Time
	// Zone is the time zone of the axis; nil is UTC.
	Zone *time.Location
	// Panels are stacked from top to bottom, 1 to 20 of them.
	Panels []Panel
	// Marks are drawn through all panels. Those outside the axis are left out.
	Marks []Mark
	// Dark is for a dark background.
	Dark bool
	// Width is in pixels, 240 to 4000; 0 is 1200.
	Width int
	// Height is in pixels, up to 8000; 0 is the sum of the panels' heights. Otherwise panels share it in proportion to
	// their own heights. The picture is taller if a panel would have less than 40 pixels.
	Height int
}

// A Panel is one value axis with its lines, bands and levels.
type Panel struct {
	// Title and Unit label the axis.
	Title, Unit string
	// Height is the height of the plot in pixels, up to 4000; 0 is 160.
	Height int
	Lines  []Line
	Bands  []Band
	Levels []Level
	// YMin and YMax are the ends of the axis. If YMax is not above YMin, they come from the values and include zero.
	YMin, YMax float64
	// Log makes the axis logarithmic. Values of zero or less are then missing.
	Log bool
}

// A Point is a value at a time. A NaN or infinite value is missing, and makes a gap.
type Point struct {
	Time time.Time
	Y    float64
}

// A Line joins its points, in any order. Nothing is drawn after the last one.
type Line struct {
	Name   string
	Points []Point
	// Color is the color of the line; Auto takes the next one that is free in the panel.
	Color Color
	// Step keeps each value until the next point.
	Step bool
	// Dashed is for what is not measured: modeled, forecast or for comparison.
	Dashed bool
	// MaxGap is the longest time between two points that are joined; 0 is any time.
	MaxGap time.Duration
}

// A Band fills the area between two step lines. It ends where the first of them ends.
type Band struct {
	Name      string
	Low, High []Point
	// Color is the color of the area; Auto is gray.
	Color Color
}

// A Level is a threshold: a thin line across the panel.
type Level struct {
	Name string
	Y    float64
	// Color is the color of the line; Auto is that of texts.
	Color Color
}

// A Mark is an event at a time.
type Mark struct {
	Time time.Time
	// Text is drawn next to the mark if there is space. In an SVG it also shows when a pointer rests on the mark.
	Text string
	Kind Kind
}

// A Kind is a kind of event. Each has its own shape and color.
type Kind int

// The kinds of marks.
const (
	// Event is any other event.
	Event Kind = iota
	// Up and Down are for a number that was raised or lowered.
	Up
	Down
	// Trouble is for a failure.
	Trouble
)

// No value may make a picture that uses up the machine's memory.
const (
	maxSide   = 8000
	maxPixels = 40_000_000
)

// SVG writes the chart as one svg element. The error lists everything that is wrong with the chart, or comes from w.
func (c Chart) SVG(w io.Writer) error { return writeSVG(w, c) }

// PNG writes the chart as a PNG with scale pixels for each pixel of the chart, 0.5 to 4; 2 is sharp on most screens.
// The error lists everything that is wrong with the chart, or comes from w.
func (c Chart) PNG(w io.Writer, scale float64) error { return writePNG(w, c, scale) }

func (c Chart) check() error {
	errs := []error{checkSize(c.Width, c.Height)}
	switch span := c.To.Sub(c.From); {
	case c.From.IsZero() || c.To.IsZero():
		errs = append(errs, errors.New("a chart needs both ends of its time axis, From and To"))
	case c.From.Year() < 1 || c.To.Year() > 9999 || span < time.Second || span > 100*366*24*time.Hour:
		errs = append(errs, fmt.Errorf("the time axis goes from %s to %s: To must be a second to 100 years after From",
			c.From.Format(time.RFC3339), c.To.Format(time.RFC3339)))
	}
	if n := len(c.Panels); n < 1 || n > 20 {
		errs = append(errs, fmt.Errorf("%d panels: must be 1–20", n))
	}
	for _, p := range c.Panels {
		if p.Height < 0 || p.Height > 4000 {
			errs = append(errs, fmt.Errorf("panel %q is %d pixels high: must be 0–4000", p.Title, p.Height))
		}
	}
	return errors.Join(errs...)
}

func checkSize(width, height int) error {
	var errs []error
	if width != 0 && (width < 240 || width > 4000) {
		errs = append(errs, fmt.Errorf("the width is %d pixels: must be 240–4000", width))
	}
	if height < 0 || height > maxSide {
		errs = append(errs, fmt.Errorf("the height is %d pixels: must be 0–%d, and 0 is automatic", height, maxSide))
	}
	return errors.Join(errs...)
}

func (c Chart) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c Chart) background() color.NRGBA { return themeOf(c.Dark).paper }

// The start of the description for people who cannot see the picture.
func (c Chart) heading() string {
	if c.Title == "" {
		return "Chart"
	}
	return c.Title
}
