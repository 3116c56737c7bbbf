package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"
)

// scale is pixels for each of the picture's own.
func writePNG(w io.Writer, p picture, scale float64) error {
	if err := p.check(); err != nil {
		return err
	}
	if !(scale >= 0.5 && scale <= 4) {
		return fmt.Errorf("the scale is %g: must be 0.5–4", scale)
	}
	f, err := newFace()
	if err != nil {
		return err
	}
	drawn := p.draw(f)
	width, height := drawn.width, drawn.height
	if n := width * height * scale * scale; n > maxPixels {
		return fmt.Errorf("a PNG of %.0f × %.0f pixels is too large: at most %d million pixels; choose a smaller "+
			"scale, width or height",
			width*scale, height*scale, maxPixels/1_000_000)
	}
	r := &raster{
		image: image.NewRGBA(image.Rect(0, 0, int(math.Ceil(width*scale)), int(math.Ceil(height*scale)))),
		scale: scale, face: f,
	}
	draw.Draw(r.image, r.image.Bounds(), image.NewUniform(p.background()), image.Point{}, draw.Src)
	drawn.onto(r)
	return png.Encode(w, r.image)
}

type raster struct {
	image  *image.RGBA
	scale  float64
	face   *face
	vector vector.Rasterizer
	at     image.Rectangle // the part that is being filled
}

// The shape lies within b. Only that part of the image is processed.
func (r *raster) begin(b box) bool {
	r.at = image.Rect(
		int(math.Floor(b.left*r.scale))-1, int(math.Floor(b.top*r.scale))-1,
		int(math.Ceil(b.right*r.scale))+1, int(math.Ceil(b.bottom*r.scale))+1,
	).Intersect(r.image.Bounds())
	if r.at.Empty() {
		return false
	}
	r.vector.Reset(r.at.Dx(), r.at.Dy())
	return true
}

func (r *raster) pixel(p position) (x, y float32) {
	return float32(p.x*r.scale - float64(r.at.Min.X)), float32(p.y*r.scale - float64(r.at.Min.Y))
}

func (r *raster) polygon(corners ...position) {
	r.vector.MoveTo(r.pixel(corners[0]))
	for _, c := range corners[1:] {
		r.vector.LineTo(r.pixel(c))
	}
	r.vector.ClosePath()
}

func (r *raster) end(shade color.NRGBA) {
	r.vector.Draw(r.image, r.at, image.NewUniform(shade), image.Point{})
}

func (r *raster) area(paths [][]position, shade color.NRGBA, _ string) {
	if !r.begin(bounds(paths, 0)) {
		return
	}
	for _, p := range paths {
		if len(p) > 2 {
			r.polygon(p...)
		}
	}
	r.end(shade)
}

// All outlines must have the same direction: opposite ones would cancel out.
func (r *raster) line(paths [][]position, p pen, _ string) {
	if p.dashed {
		paths = dashes(paths)
	}
	if len(paths) > 1 && !p.dashed && hairs(paths) {
		for i := range paths {
			r.line(paths[i:i+1], p, "")
		}
		return
	}
	half := p.width / 2
	if !r.begin(bounds(paths, half)) {
		return
	}
	for _, path := range paths {
		for i, at := range path {
			if i > 0 {
				r.segment(path[i-1], at, half)
			}
			// Joints between two pieces are round, and so are the ends.
			if !p.dashed || (i > 0 && i < len(path)-1) {
				r.disc(at, half)
			}
		}
	}
	r.end(p.shade)
}

// True if each path is a horizontal or vertical stroke, whose box is far smaller than that of all paths.
func hairs(paths [][]position) bool {
	for _, p := range paths {
		if len(p) != 2 || (p[0].x != p[1].x && p[0].y != p[1].y) {
			return false
		}
	}
	return true
}

func (r *raster) segment(a, b position, half float64) {
	length := math.Hypot(b.x-a.x, b.y-a.y)
	if length == 0 {
		return
	}
	nx, ny := -(b.y-a.y)/length*half, (b.x-a.x)/length*half
	r.polygon(position{a.x + nx, a.y + ny}, position{b.x + nx, b.y + ny}, position{b.x - nx, b.y - ny},
		position{a.x - nx, a.y - ny})
}

func (r *raster) disc(at position, radius float64) {
	if radius*r.scale < 0.6 {
		return // the joints of a hairline are invisible
	}
	r.polygon(circle(at, radius, 12)...)
}

func (r *raster) text(at position, words string, size float64, a align, shade color.NRGBA) {
	words = clean(words)
	width := r.face.width(words, size)
	switch a {
	case middle:
		at.x -= width / 2
	case right:
		at.x -= width
	case left:
	}
	if !r.begin(box{at.x - size, at.y - 1.5*size, at.x + width + size, at.y + size}) {
		return
	}
	for _, letter := range words {
		glyph, advance := r.face.advance(letter)
		r.glyph(glyph, at, size)
		at.x += advance * size
	}
	r.end(shade)
}

func (r *raster) glyph(glyph sfnt.GlyphIndex, at position, size float64) {
	segments, err := r.face.font.LoadGlyph(&r.face.buf, glyph, r.face.em, nil)
	if err != nil {
		return // an undrawable letter leaves a gap
	}
	unit := size / float64(r.face.em)
	place := func(s sfnt.Segment, i int) position {
		return position{at.x + float64(s.Args[i].X)*unit, at.y + float64(s.Args[i].Y)*unit}
	}
	for i, s := range segments {
		x, y := r.pixel(place(s, 0))
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				r.vector.ClosePath()
			}
			r.vector.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			r.vector.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			cx, cy := r.pixel(place(s, 1))
			r.vector.QuadTo(x, y, cx, cy)
		case sfnt.SegmentOpCubeTo: // does not occur in a TrueType font
		}
	}
	r.vector.ClosePath()
}

// half is half of the pen's width.
func bounds(paths [][]position, half float64) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range paths {
		for _, at := range p {
			b = box{min(b.left, at.x), min(b.top, at.y), max(b.right, at.x), max(b.bottom, at.y)}
		}
	}
	if b.left > b.right {
		return box{}
	}
	return box{b.left - half, b.top - half, b.right + half, b.bottom + half}
}
