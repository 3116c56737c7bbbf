package chart

import (
	"cmp"
	"image/color"
	"io"
)

// pixels from the picture's left and from its top
type position struct{ x, y float64 }

type box struct{ left, top, right, bottom float64 }

type pen struct {
	shade  color.NRGBA
	width  float64
	dashed bool
}

// pixels
const (
	dashOn  = 5.0
	dashOff = 4.0
)

// the part of a text that stands at its place
type align int

const (
	left align = iota
	middle
	right
)

// The hindmost piece comes first. A note is told when a pointer rests on a piece.
type canvas interface {
	line(paths [][]position, p pen, note string)
	area(paths [][]position, shade color.NRGBA, note string)
	text(at position, words string, size float64, a align, shade color.NRGBA)
}

type picture interface {
	check() error
	heading() string
	// in words
	Description() string
	background() color.NRGBA
	draw(f *face) *sheet
}

// It keeps what is drawn, for other canvases to draw.
type sheet struct {
	theme
	face          *face
	width, height float64
	pieces        []func(canvas)
}

func newSheet(f *face, dark bool, width int) *sheet {
	width = cmp.Or(width, 1200)
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
