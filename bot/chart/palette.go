package chart

import "image/color"

// A Color is one of the colors that everybody can distinguish. The zero value lets the picture choose.
type Color int

// The colors of Okabe and Ito ("Color Universal Design", 2008), made darker or lighter so that each has a contrast of
// at least 3 to 1 with the background.
const (
	Auto Color = iota
	Blue
	Vermilion
	Green
	Purple
	Sky
	Orange
	// Gray is for the background: levels, comparisons.
	Gray
)

type theme struct {
	paper, text, quiet, frame, grid color.NRGBA
	colors                          [Gray]color.NRGBA // of the constants from Blue on
}

func themeOf(dark bool) theme {
	if dark {
		return theme{
			paper: hex(0x15181C), text: hex(0xE8EAED), quiet: hex(0xA4AAB2), frame: hex(0x5A626B), grid: hex(0x2C3137),
			colors: [...]color.NRGBA{
				hex(0x3896D8), hex(0xEB6E2D), hex(0x02B280), hex(0xC177A7), hex(0x53BBF2), hex(0xE69F00), hex(0xA9A9A9),
			},
		}
	}
	return theme{
		paper: hex(0xFFFFFF), text: hex(0x1B1F24), quiet: hex(0x5B636C), frame: hex(0x9AA1A9), grid: hex(0xE6E8EB),
		colors: [...]color.NRGBA{
			hex(0x0072B2), hex(0xC65300), hex(0x009666), hex(0xC979A7), hex(0x469CD1), hex(0xCC8500), hex(0x7D7D7D),
		},
	}
}

// Any number outside the constants is gray.
func (t theme) of(c Color) color.NRGBA {
	if c < Blue || c > Gray {
		c = Gray
	}
	return t.colors[c-Blue]
}

func hex(rgb uint32) color.NRGBA {
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}

// alpha is 0 to 1.
func faint(c color.NRGBA, alpha float64) color.NRGBA {
	c.A = uint8(alpha * 255)
	return c
}

// Auto gets a color that no other has, while there are any left.
func assign(wanted []Color) []Color {
	used := map[Color]bool{}
	for _, c := range wanted {
		used[c] = true
	}
	out, next := make([]Color, len(wanted)), Blue
	for i, c := range wanted {
		if c == Auto {
			for n := Blue; n < Gray && used[next]; n++ {
				next = next%(Gray-1) + 1
			}
			c = next
			used[c], next = true, next%(Gray-1)+1
		}
		out[i] = c
	}
	return out
}
