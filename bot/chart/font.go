package chart

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// fontFamily names the letters of an SVG. The first ones are as wide as each other, so that what was measured with the first holds.
const fontFamily = "Go,Helvetica,Arial,Liberation Sans,sans-serif"

// A face measures and outlines letters. It must not be used by several goroutines at once.
type face struct {
	font *sfnt.Font
	buf  sfnt.Buffer
	em   fixed.Int26_6
}

func newFace() (*face, error) {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	return &face{font: f, em: fixed.I(int(f.UnitsPerEm()))}, nil
}

// advance returns the letter's number in the font, 0 when it has none, and its width for letters of one pixel.
func (f *face) advance(r rune) (sfnt.GlyphIndex, float64) {
	glyph, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil || glyph == 0 {
		return 0, 1 // most letters that the font doesn't know are Chinese, Japanese or Korean, and as wide as high
	}
	width, err := f.font.GlyphAdvance(&f.buf, glyph, f.em, font.HintingNone)
	if err != nil {
		return 0, 1
	}
	return glyph, float64(width) / float64(f.em)
}

// width returns how wide the text is, in pixels.
func (f *face) width(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		_, w := f.advance(r)
		sum += w
	}
	return sum * size
}

// fit returns the text, cut to at most room pixels; "" where not even one letter has room.
func (f *face) fit(text string, size, room float64) string {
	text = clean(text)
	if f.width(text, size) <= room {
		return text
	}
	sum := f.width("…", size)
	for i, r := range text {
		_, w := f.advance(r)
		if sum += w * size; sum > room {
			if i == 0 {
				return ""
			}
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

// maxText is the length, in bytes, after which a text from outside is cut: no picture and no tool tip shows more.
const maxText = 2000

// clean makes one line of a text from outside. Signs that draw nothing go, and among them those that turn the direction of writing.
func clean(text string) string {
	if len(text) > maxText {
		text = text[:maxText] + "…"
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.TrimSpace(text)
}
