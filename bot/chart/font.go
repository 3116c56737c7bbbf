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

const fontFamily = "Go,Helvetica,Arial,Liberation Sans,sans-serif"

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

func (f *face) advance(r rune) (sfnt.GlyphIndex, float64) {
	glyph, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil || glyph == 0 {
		return 0, 1 // most letters that the font lacks are Chinese, Japanese or Korean, and as wide as high
	}
	width, err := f.font.GlyphAdvance(&f.buf, glyph, f.em, font.HintingNone)
	if err != nil {
		return 0, 1
	}
	return glyph, float64(width) / float64(f.em)
}

func (f *face) width(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		_, w := f.advance(r)
		sum += w
	}
	return sum * size
}

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

const maxText = 2000

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
