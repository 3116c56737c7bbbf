package chart

import (
	"image/color"
	"strings"
)

// Pixels.
const (
	margin    = 16.0
	titleSize = 16.0
	textSize  = 12.0
	smallSize = 11.0
	rowHeight = 18.0
	lineWidth = 1.6
)

// Returns where the heading ends.
func (s *sheet) masthead(title, subtitle string) float64 {
	y, room := margin, s.width-2*margin
	if title = s.face.fit(title, titleSize, room); title != "" {
		s.text(position{margin, y + titleSize - 2}, title, titleSize, left, s.theme.text)
		y += titleSize + 8
	}
	for _, row := range s.face.wrap(subtitle, textSize, room, 3) {
		s.text(position{margin, y + textSize - 1}, row, textSize, left, s.quiet)
		y += textSize + 4
	}
	if y > margin {
		y += 4
	}
	return y
}

// Text that does not fit is cut.
func (f *face) wrap(text string, size, room float64, rows int) []string {
	var out []string
	row := ""
	for _, word := range strings.Fields(clean(text)) {
		longer := strings.TrimSpace(row + " " + word)
		if row != "" && f.width(longer, size) > room && len(out) < rows-1 {
			out, longer = append(out, row), word
		}
		row = longer
	}
	if row != "" {
		out = append(out, row)
	}
	for i := range out {
		out[i] = f.fit(out[i], size, room)
	}
	return out
}

type key struct {
	name  string
	shade color.NRGBA
	// at is the center of the sign.
	sign func(s *sheet, at position, shade color.NRGBA)
	at   position
}

// Includes the space between the sign and its name.
const keyWidth = 24.0

// Returns the height of the keys, in as many rows as they need.
func (s *sheet) arrange(title string, keys []key) float64 {
	x, y := margin, 0.0
	if title != "" {
		x += s.face.width(title, textSize) + rowHeight
	}
	for i := range keys {
		k := &keys[i]
		k.name = s.face.fit(k.name, smallSize, s.width-2*margin-keyWidth)
		width := keyWidth + s.face.width(k.name, smallSize)
		if x > margin && x+width > s.width-margin {
			x, y = margin, y+rowHeight
		}
		k.at = position{x, y}
		x += width + rowHeight
	}
	if title == "" && len(keys) == 0 {
		return 0
	}
	return y + rowHeight
}

func (s *sheet) legend(title string, keys []key, y float64) {
	s.text(position{margin, y + textSize}, title, textSize, left, s.theme.text)
	for _, k := range keys {
		k.sign(s, position{k.at.x + (keyWidth-6)/2, y + k.at.y + textSize - 4}, k.shade)
		s.text(position{k.at.x + keyWidth, y + k.at.y + textSize}, k.name, smallSize, left, s.theme.text)
	}
}

func lineSign(width float64, dashed bool) func(*sheet, position, color.NRGBA) {
	return func(s *sheet, at position, shade color.NRGBA) {
		s.line([][]position{{{at.x - 9, at.y}, {at.x + 9, at.y}}}, pen{shade, width, dashed}, "")
	}
}

func bandSign(s *sheet, at position, shade color.NRGBA) {
	s.area([][]position{box{at.x - 9, at.y - 5, at.x + 9, at.y + 5}.rectangle()}, shade, "")
}

func titled(title, unit string) string {
	title, unit = clean(title), clean(unit)
	if title != "" && unit != "" {
		return title + ", " + unit
	}
	return title + unit
}

// The value axis at the left of a plot, with lines through the plot.
func (s *sheet) rules(p plot) {
	var grid, zero [][]position
	for _, t := range p.y.ticks {
		y := crisp(p.yOf(t.value))
		across := []position{{p.left, y}, {p.right, y}}
		if t.value == 0 && !p.y.log {
			zero = append(zero, across)
		} else {
			grid = append(grid, across)
		}
		s.text(position{p.left - 6, y + smallSize/3}, t.label, smallSize, right, s.quiet)
	}
	s.line(grid, pen{s.grid, 1, false}, "")
	s.line(zero, pen{s.frame, 1, false}, "")
}

func (s *sheet) labelRoom(ticks []tick) float64 {
	room := 0.0
	for _, t := range ticks {
		room = max(room, s.face.width(t.label, smallSize))
	}
	return room
}

// A line of one pixel then fills a row or a column of pixels.
func crisp(v float64) float64 { return float64(int(v)) + 0.5 }

// Remembers the taken parts of a row of texts.
type row struct{ taken [][2]float64 }

// Takes the space around x, moved into the picture at its ends, and returns the center.
func (r *row) place(x, width, total float64) (float64, bool) {
	x = max(margin+width/2, min(total-margin/2-width/2, x))
	from, to := x-width/2-4, x+width/2+4
	for _, t := range r.taken {
		if from < t[1] && t[0] < to {
			return 0, false
		}
	}
	r.taken = append(r.taken, [2]float64{from, to})
	return x, width <= total-1.5*margin
}
