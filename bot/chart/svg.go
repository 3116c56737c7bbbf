package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"
)

// Positions are rounded to a tenth of a pixel.
type svg struct {
	buf    bytes.Buffer
	escape *strings.Replacer
}

func newSVG(width, height float64, p picture) *svg {
	s := &svg{escape: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")}
	title := s.escape.Replace(clean(p.heading()))
	fmt.Fprintf(&s.buf, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]s %[2]s" width="%[1]s" height="%[2]s" role="img" aria-label="%[3]s"`+
		` font-family="%[4]s" fill="none" stroke-linejoin="round" stroke-linecap="round">`+"\n",
		tenths(width), tenths(height), title, fontFamily)
	fmt.Fprintf(&s.buf, "<title>%s</title>\n<desc>%s</desc>\n", title, s.escape.Replace(clean(p.Description())))
	fmt.Fprintf(&s.buf, `<rect width="%s" height="%s"%s/>`+"\n", tenths(width), tenths(height), paint("fill", p.background()))
	return s
}

func (s *svg) finish(w io.Writer) error {
	s.buf.WriteString("</svg>\n")
	_, err := w.Write(s.buf.Bytes())
	return err
}

func (s *svg) line(paths [][]position, p pen, note string) {
	d := pathData(paths, false)
	if d == "" {
		return
	}
	dashes := ""
	if p.dashed {
		dashes = fmt.Sprintf(` stroke-dasharray="%g %g" stroke-linecap="butt"`, dashOn, dashOff)
	}
	s.path(fmt.Sprintf(`%s stroke-width="%s"%s d="%s"`, paint("stroke", p.shade), tenths(p.width), dashes, d), note)
}

func (s *svg) area(paths [][]position, shade color.NRGBA, note string) {
	if d := pathData(paths, true); d != "" {
		s.path(paint("fill", shade)+` d="`+d+`"`, note)
	}
}

func (s *svg) path(attributes, note string) {
	if note = clean(note); note != "" {
		fmt.Fprintf(&s.buf, "<path%s><title>%s</title></path>\n", attributes, s.escape.Replace(note))
		return
	}
	fmt.Fprintf(&s.buf, "<path%s/>\n", attributes)
}

func (s *svg) text(at position, words string, size float64, a align, shade color.NRGBA) {
	if words = clean(words); words == "" {
		return
	}
	anchor := [...]string{left: "", middle: ` text-anchor="middle"`, right: ` text-anchor="end"`}[a]
	fmt.Fprintf(&s.buf, `<text x="%s" y="%s" font-size="%s"%s%s>%s</text>`+"\n",
		tenths(at.x), tenths(at.y), tenths(size), anchor, paint("fill", shade), s.escape.Replace(words))
}

// An attribute, because a page's Content-Security-Policy may forbid a style.
func paint(attribute string, c color.NRGBA) string {
	solid := fmt.Sprintf(` %s="#%02x%02x%02x"`, attribute, c.R, c.G, c.B)
	if c.A == 255 {
		return solid
	}
	return fmt.Sprintf(`%s %s-opacity="%.2g"`, solid, attribute, float64(c.A)/255)
}

// Kept short by relative moves, and one move for steps in the same direction.
func pathData(paths [][]position, closed bool) string {
	var b pathBuilder
	for _, p := range paths {
		for i, at := range p {
			b.to(i == 0, round10(at.x), round10(at.y))
		}
		if len(p) > 0 {
			b.flush()
			switch {
			case closed:
				b.emit("z")
			case b.last == "M":
				b.emit("h", 0) // with round ends, a line without length is a dot
			}
		}
	}
	return b.out.String()
}

// Holds the last move back, because the next one may continue it. All numbers are tenths of pixels.
type pathBuilder struct {
	out    strings.Builder
	x, y   int
	dx, dy int
	last   string
}

func (b *pathBuilder) to(start bool, x, y int) {
	dx, dy := x-b.x, y-b.y
	b.x, b.y = x, y
	if start {
		b.flush()
		b.emit("M", x, y)
		return
	}
	if !(b.dx == 0 && dx == 0 && b.dy*dy >= 0) && !(b.dy == 0 && dy == 0 && b.dx*dx >= 0) {
		b.flush()
	}
	b.dx, b.dy = b.dx+dx, b.dy+dy
}

func (b *pathBuilder) flush() {
	switch dx, dy := b.dx, b.dy; {
	case dx == 0 && dy == 0:
	case dy == 0:
		b.emit("h", dx)
	case dx == 0:
		b.emit("v", dy)
	default:
		b.emit("l", dx, dy)
	}
	b.dx, b.dy = 0, 0
}

func (b *pathBuilder) emit(command string, numbers ...int) {
	if command != b.last || command == "M" || command == "z" {
		b.out.WriteString(command)
	} else if numbers[0] >= 0 {
		b.out.WriteByte(' ')
	}
	b.last = command
	for i, n := range numbers {
		if i > 0 && n >= 0 {
			b.out.WriteByte(' ')
		}
		b.out.WriteString(inTenths(n))
	}
}

func round10(v float64) int { return int(math.Round(v * 10)) }

func tenths(v float64) string { return inTenths(round10(v)) }

func inTenths(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	switch {
	case n%10 == 0:
		return sign + strconv.Itoa(n/10)
	case n < 10:
		return sign + "." + strconv.Itoa(n)
	}
	return sign + strconv.Itoa(n/10) + "." + strconv.Itoa(n%10)
}
