package chart

import (
	"image/color"
	"io"
)

// A position is a place in the picture: pixels from its left and from its top.
type position struct{ x, y float64 }

// A box is a part of the picture.
type box struct{ left, top, right, bottom float64 }

// A pen draws lines.
type pen struct {
	shade  color.NRGBA
	width  float64
	dashed bool
}

// The pattern of a dashed line, in pixels.
const (
	dashOn  = 5.0
	dashOff = 4.0
)

// An align says which part of a text stands at its place.
type align int

const (
	left align = iota
	middle
	right
)

// A canvas takes a picture piece by piece, the hindmost first. A note tells about a piece when a pointer rests on it.
type canvas interface {
	line(paths [][]position, p pen, note string)
	area(paths [][]position, shade color.NRGBA, note string)
	text(at position, words string, size float64, a align, shade color.NRGBA)
}

// A picture is what can be drawn.
type picture interface {
	check() error
	heading() string
	// Description says in words what is to be seen.
	Description() string
	background() color.NRGBA
	// draw measures with f.
	draw(f *face) *sheet
}

// A sheet is a canvas that keeps what is drawn, for other canvases to draw.
type sheet struct {
	theme
	face          *face
	width, height float64
	pieces        []func(canvas)
}

func newSheet(f *face, dark bool, width int) *sheet {
	if width == 0 {
		width = 1200
	}
	return &sheet{theme: themeOf(dark), face: f, width: float64(width)}
}

func (s *sheet) line(paths [][]position, p pen, note string) {
	s.pieces = append(s.pieces, func(c canvas) { c.line(paths, p, note) })
}

func (s *sheet) area(paths [][]position, shade color.NRGBA, note string) {
	s.pieces = append(s.pieces, func(c canvas) { c.area(paths, shade, note) })
}

func (s *sheet) text(at position, words string, size float64, a align, shade color.NRGBA) {
	s.pieces = append(s.pieces, func(c canvas) { c.text(at, words, size, a, shade) })
}

func (s *sheet) onto(c canvas) {
	for _, draw := range s.pieces {
		draw(c)
	}
}

// writeSVG writes p as SVG.
func writeSVG(w io.Writer, p picture) error {
	if err := p.check(); err != nil {
		return err
	}
	f, err := newFace()
	if err != nil {
		return err
	}
	drawn := p.draw(f)
	s := newSVG(drawn.width, drawn.height, p)
	drawn.onto(s)
	return s.finish(w)
}
