package chart

import (
	"cmp"
	"image/color"
	"io"
)

// Pixels from the left and the top of the picture.
type position struct{ x, y float64 }

type box struct{ left, top, right, bottom float64 }

type pen struct {
	shade  color.NRGBA
	width  float64
	dashed bool
}

// Pixels.
const (
	dashOn  = 5.0
	dashOff = 4.0
)

// The part of a text that is at its position.
type align int

const (
	left align = iota
	middle
	right
)

// Pieces are drawn from back to front. A note is shown when a pointer rests on a piece.
type canvas interface {
	line(paths [][]position, p pen, note string)
	area(paths [][]position, shade color.NRGBA, note string)
	text(at position, words string, size float64, a align, shade color.NRGBA)
}

type picture interface {
	check() error
	heading() string
	Description() string
	background() color.NRGBA
	draw(f *face) *sheet
}

// Records what is drawn, for other canvases to draw.
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
