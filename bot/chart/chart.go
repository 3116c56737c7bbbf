package chart

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"time"
)

// A Chart is a stack of panels over one time axis. Its zero value is no chart: it needs From, To and a panel.
type Chart struct {
	// Title and Subtitle stand above all; an empty one takes no room.
	Title, Subtitle string
	// From and To are the ends of the time axis, To at least a second and at most 100 years after From.
	From, To time.Time
	// Zone is whose wall clock the time axis shows; nil is UTC.
	Zone *time.Location
	// Panels stand below each other, 1 to 20 of them.
	Panels []Panel
	// Marks are drawn through all panels. Those outside the axis are left out.
	Marks []Mark
	// Dark is for a dark background.
	Dark bool
	// Width is in pixels, 240 to 4000; 0 is 1200.
	Width int
	// Height is in pixels, up to 8000. 0 is what the panels ask for; otherwise they share what there is by their own
	// heights. The picture is higher where a panel would be left less than 40.
	Height int
}

// A Panel is one value axis with all that is measured on it.
type Panel struct {
	// Title and Unit name the axis.
	Title, Unit string
	// Height is that of the plot in pixels, up to 4000; 0 is 160.
	Height int
	Lines  []Line
	Bands  []Band
	Levels []Level
	// YMin and YMax are the ends of the axis. Where YMax is not above YMin, they come from the values, and zero is
	// among them.
	YMin, YMax float64
	// Log is for a logarithmic axis. Values that are not above zero are missing then.
	Log bool
}

// A Point is a value at a time. A value that is NaN or infinite is missing, and makes a gap.
type Point struct {
	Time time.Time
	Y    float64
}

// A Line joins its points. Points need not be in order; nothing is drawn after the last one.
type Line struct {
	Name   string
	Points []Point
	// Color is that of the line; Auto takes the next one that no other line of the panel has.
	Color Color
	// Step is for a value that holds until the next point.
	Step bool
	// Dashed is for what is not measured: modelled, forecast or for comparison.
	Dashed bool
	// MaxGap is how far apart two neighbours may be to be joined; 0 is any time.
	MaxGap time.Duration
}

// A Band fills what lies between two values, each of which holds until its next point. It ends with the first that
// ends.
type Band struct {
	Name      string
	Low, High []Point
	// Color is that of the area; Auto is gray.
	Color Color
}

// A Level is a bound: a thin line across the panel.
type Level struct {
	Name string
	Y    float64
	// Color is that of the line; Auto is that of the texts.
	Color Color
}

// A Mark is something that happened.
type Mark struct {
	Time time.Time
	// Text stands beside the mark where there is room, and tells about it when a pointer rests on it in an SVG.
	Text string
	Kind Kind
}

// A Kind is what sort of thing happened. Each has its own shape and colour.
type Kind int

// The kinds of marks.
const (
	// Event is anything.
	Event Kind = iota
	// Up and Down are for a number that was raised or lowered.
	Up
	Down
	// Trouble is for what went wrong.
	Trouble
)

// No value may make a picture that takes the memory of the machine.
const (
	maxSide   = 8000
	maxPixels = 40_000_000
)

// SVG writes the chart as one svg element. An error tells all that is wrong with the chart, or is w's.
func (c Chart) SVG(w io.Writer) error { return writeSVG(w, c) }

// PNG writes the chart as a PNG with scale pixels for each of the chart's own, 0.5 to 4; 2 looks sharp on most screens.
// An error tells all that is wrong with the chart, or is w's.
func (c Chart) PNG(w io.Writer, scale float64) error { return writePNG(w, c, scale) }

func (c Chart) check() error {
	errs := []error{checkSize(c.Width, c.Height)}
	switch span := c.To.Sub(c.From); {
	case c.From.IsZero() || c.To.IsZero():
		errs = append(errs, errors.New("a chart needs both ends of its time axis, From and To"))
	case c.From.Year() < 1 || c.To.Year() > 9999 || span < time.Second || span > 100*366*24*time.Hour:
		errs = append(errs, fmt.Errorf("the time axis goes from %s to %s; To must be a second to 100 years after From",
			c.From.Format(time.RFC3339), c.To.Format(time.RFC3339)))
	}
	if n := len(c.Panels); n < 1 || n > 20 {
		errs = append(errs, fmt.Errorf("a chart has 1 to 20 panels, not %d", n))
	}
	for _, p := range c.Panels {
		if p.Height < 0 || p.Height > 4000 {
			errs = append(errs, fmt.Errorf("panel %q is %d pixels high; 0 to 4000 can be drawn", p.Title, p.Height))
		}
	}
	return errors.Join(errs...)
}

func checkSize(width, height int) error {
	var errs []error
	if width != 0 && (width < 240 || width > 4000) {
		errs = append(errs, fmt.Errorf("a picture can't be %d pixels wide; 240 to 4000 can be drawn", width))
	}
	if height < 0 || height > maxSide {
		errs = append(errs, fmt.Errorf("a picture can't be %d pixels high; up to %d can be drawn, and 0 is "+
			"what it needs", height, maxSide))
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

// for those who can't see the picture
func (c Chart) heading() string {
	if c.Title == "" {
		return "Chart"
	}
	return c.Title
}
