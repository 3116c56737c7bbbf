package chart

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"
)

// A Scatter draws dots on two axes. Its zero value is an empty pair of axes.
type Scatter struct {
	// Title and Subtitle are above everything else; an empty one takes no space.
	Title, Subtitle string
	X, Y            Axis
	// Series are up to 50 kinds of dots.
	Series []Series
	// Dark is for a dark background.
	Dark bool
	// Width is in pixels, 240 to 4000; 0 is 1200.
	Width int
	// Height is in pixels, up to 8000; 0 is 600. The picture is taller if the plot would have less than 40 pixels.
	Height int
}

// An Axis is a value axis of a scatter plot.
type Axis struct {
	// Title and Unit label the axis.
	Title, Unit string
	// Min and Max are its ends. If Max is not above Min, they come from the values and include zero.
	Min, Max float64
	// Log makes the axis logarithmic. Dots of zero or less are then left out.
	Log bool
}

// A Series is dots of one kind.
type Series struct {
	Name string
	Dots []Dot
	// Color is the color of the dots; Auto takes the next one.
	Color Color
	// Marker is the shape of the dots. Readers cannot distinguish series of the same color and marker.
	Marker Marker
	// Join connects the dots in their order, for one thing at several settings.
	Join bool
	// NoKey leaves the series out of the legend, if other series explain its color and its marker.
	NoKey bool
}

// A Dot is one pair of values. It is left out if one of them is NaN or infinite.
type Dot struct {
	X, Y float64
	// Label is drawn next to the dot if there is space. In an SVG it also shows when a pointer rests on the dot.
	Label string
}

// A Marker is the shape of a series' dots.
type Marker int

// The markers. The zero value takes the next one with each series.
const (
	AutoMarker Marker = iota
	Circle
	Square
	Triangle
	Diamond
	Cross
	Star
)

// SVG writes the plot as one svg element. The error lists everything that is wrong with the plot, or comes from w.
func (c Scatter) SVG(w io.Writer) error { return writeSVG(w, c) }

// PNG writes the plot as a PNG with scale pixels for each pixel of the plot, 0.5 to 4; 2 is sharp on most screens. The
// error lists everything that is wrong with the plot, or comes from w.
func (c Scatter) PNG(w io.Writer, scale float64) error { return writePNG(w, c, scale) }

func (c Scatter) check() error {
	errs := []error{checkSize(c.Width, c.Height)}
	if n := len(c.Series); n > 50 {
		errs = append(errs, fmt.Errorf("%d series: must be at most 50", n))
	}
	return errors.Join(errs...)
}

func (c Scatter) heading() string {
	if c.Title == "" {
		return "Scatter plot"
	}
	return c.Title
}

func (c Scatter) background() color.NRGBA { return themeOf(c.Dark).paper }

// Description describes the plot in words for people who cannot see it. It is the desc of an SVG, and the alternative
// text of a PNG.
func (c Scatter) Description() string {
	parts := []string{fmt.Sprintf("%s against %s.", titled(c.Y.Title, c.Y.Unit), titled(c.X.Title, c.X.Unit))}
	for _, series := range c.Series {
		var dots []string
		for _, d := range series.Dots {
			if c.shows(d) {
				dots = append(dots, strings.TrimSpace(fmt.Sprintf("%s %s at %s", clean(d.Label),
					figure(d.Y), figure(d.X))))
			}
		}
		parts = append(parts, fmt.Sprintf("%s: %s.", clean(series.Name), strings.Join(dots, "; ")))
	}
	return strings.Join(parts, " ")
}

func (c Scatter) shows(d Dot) bool { return present(d.X, c.X.Log) && present(d.Y, c.Y.Log) }

func (c Scatter) draw(f *face) *sheet {
	s := newSheet(f, c.Dark, c.Width)
	top := s.masthead(c.Title, c.Subtitle)
	shades, markers, keys := c.looks(s)
	yTitle := f.fit(titled(c.Y.Title, c.Y.Unit), textSize, s.width-2*margin)
	head := s.arrange(yTitle, keys) + headGap
	if s.height = float64(c.Height); c.Height == 0 {
		s.height = 600
	}
	s.height = max(s.height, top+head+minPlot+axisHeight)

	var ex, ey extent
	for _, series := range c.Series {
		for _, d := range series.Dots {
			if c.shows(d) {
				ex.add(d.X, c.X.Log)
				ey.add(d.Y, c.Y.Log)
			}
		}
	}
	p := plot{box: box{top: top + head, right: s.width - margin - 8, bottom: s.height - axisHeight}}
	p.y = newScale(ey, c.Y.Min, c.Y.Max, c.Y.Log, int(max(2, min(10, (p.bottom-p.top)/40))))
	p.left = crisp(margin + s.labelRoom(p.y.ticks) + 6)
	x := newScale(ex, c.X.Min, c.X.Max, c.X.Log, int(max(2, min(12, (p.right-p.left)/50))))

	s.legend(yTitle, keys, top)
	s.xAxis(p, x, titled(c.X.Title, c.X.Unit))
	s.rules(p)
	s.line([][]position{{{p.left, crisp(p.bottom)}, {p.right, crisp(p.bottom)}}}, pen{s.frame, 1, false}, "")
	s.scatter(c, p, x, shades, markers)
	return s
}

func (c Scatter) looks(s *sheet) (shades []color.NRGBA, markers []Marker, keys []key) {
	var wanted []Color
	for _, series := range c.Series {
		wanted = append(wanted, series.Color)
	}
	colors := assign(wanted)
	for i, series := range c.Series {
		shade, marker := s.of(colors[i]), series.Marker
		if marker < Circle || marker > Star {
			marker = Circle + Marker(i+i/int(Star))%Star // after six colors, the shapes shift by one
		}
		shades, markers = append(shades, shade), append(markers, marker)
		if name := clean(series.Name); name != "" && !series.NoKey {
			keys = append(keys, key{name: name, shade: shade, sign: func(s *sheet, at position, shade color.NRGBA) {
				s.area(marker.outline(at), shade, "")
			}})
		}
	}
	return shades, markers, keys
}

func (s *sheet) xAxis(p plot, x scale, title string) {
	var labels row
	var grid [][]position
	for _, t := range x.ticks {
		at := p.across(x, t.value)
		grid = append(grid, []position{{crisp(at), p.top}, {crisp(at), p.bottom}})
		if at, ok := labels.place(at, s.face.width(t.label, smallSize), s.width); ok {
			s.text(position{at, p.bottom + 15}, t.label, smallSize, middle, s.quiet)
		}
	}
	s.line(grid, pen{s.grid, 1, false}, "")
	s.text(position{p.right, p.bottom + 32}, s.face.fit(title, textSize, p.right-margin), textSize, right, s.theme.text)
}

func (p plot) across(x scale, v float64) float64 { return p.left + (p.right-p.left)*x.share(v) }

// Draws the labels that fit.
func (s *sheet) scatter(c Scatter, p plot, x scale, shades []color.NRGBA, markers []Marker) {
	var taken []box
	type labeled struct {
		at    position
		words string
	}
	var labels []labeled
	for i, series := range c.Series {
		var path []position
		var shapes []func()
		for _, d := range series.Dots {
			if !c.shows(d) {
				continue
			}
			at := position{p.across(x, d.X), p.yOf(d.Y)}
			path = append(path, at)
			if _, _, inside := p.cut(at, at); !inside {
				continue
			}
			taken = append(taken, box{at.x - 6, at.y - 6, at.x + 6, at.y + 6})
			labels = append(labels, labeled{at, clean(d.Label)})
			note := strings.TrimSpace(clean(series.Name)+" "+clean(d.Label)) + ": " + figure(d.X) + ", " + figure(d.Y)
			shapes = append(shapes, func() { s.area(markers[i].outline(at), shades[i], note) })
		}
		if series.Join {
			s.line(p.clip(path), pen{faint(shades[i], 0.6), lineWidth, false}, "")
		}
		for _, draw := range shapes {
			draw()
		}
	}
	for _, l := range labels {
		s.beside(l.at, l.words, p.box, &taken)
	}
}

// Writes at the first place next to a dot where the label covers nothing, or not at all.
func (s *sheet) beside(at position, words string, within box, taken *[]box) {
	if words == "" {
		return
	}
	width := s.face.width(words, smallSize)
	for _, corner := range [...]position{
		{at.x + 8, at.y - 6},
		{at.x - 8 - width, at.y - 6},
		{at.x - width/2, at.y - 20},
		{at.x - width/2, at.y + 7},
		{at.x + 6, at.y - 17},
		{at.x + 6, at.y + 5},
		{at.x - 6 - width, at.y - 17},
		{at.x - 6 - width, at.y + 5},
	} {
		place := box{corner.x, corner.y, corner.x + width, corner.y + smallSize + 2}
		free := place.left >= within.left && place.right <= within.right && place.top >= within.top &&
			place.bottom <= within.bottom
		for _, t := range *taken {
			free = free && !place.overlaps(t)
		}
		if free {
			s.text(position{place.left, place.bottom - 3}, words, smallSize, left, s.theme.text)
			*taken = append(*taken, box{place.left - 4, place.top, place.right + 4, place.bottom})
			return
		}
	}
}

func (m Marker) outline(at position) [][]position {
	const r = 5.0
	switch m {
	case Square:
		return [][]position{box{at.x - r + 1, at.y - r + 1, at.x + r - 1, at.y + r - 1}.rectangle()}
	case Triangle:
		return [][]position{kindShape(Up, at)}
	case Diamond:
		return [][]position{kindShape(Trouble, at)}
	case Cross:
		const half = 1.5
		return [][]position{
			box{at.x - half, at.y - r, at.x + half, at.y + r}.rectangle(),
			box{at.x - r, at.y - half, at.x + r, at.y + half}.rectangle(),
		}
	case Star:
		return [][]position{star(at, r+1.5)}
	case AutoMarker, Circle:
	}
	return [][]position{circle(at, r-0.5, 16)}
}

func star(at position, radius float64) []position {
	out := make([]position, 10)
	for i := range out {
		r := radius
		if i%2 == 1 {
			r *= 0.4
		}
		sin, cos := math.Sincos(math.Pi * float64(i) / 5)
		out[i] = position{at.x + r*sin, at.y - r*cos}
	}
	return out
}
