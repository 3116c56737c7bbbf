package chart

import (
	"image/color"
	"slices"
)

type panelSheet struct {
	Panel
	plot
	title                string
	keys                 []key
	lines, bands, levels []color.NRGBA
	// Heights: of the title and legend, and of the plot.
	head, rows float64
}

const minPlot = 40.0

const (
	markHeight = 20.0
	headGap    = 6.0
	panelGap   = 12.0
	axisHeight = 42.0
)

func (c Chart) draw(f *face) *sheet {
	s := newSheet(f, c.Dark, c.Width)
	y := s.masthead(c.Title, c.Subtitle)
	marks := c.visibleMarks()
	markTop := y
	if len(marks) > 0 {
		y += markHeight
	}
	panels := make([]*panelSheet, len(c.Panels))
	for i, p := range c.Panels {
		panels[i] = s.prepare(p)
	}
	s.height = c.shareHeight(panels, y)

	room := 0.0
	for _, p := range panels {
		p.y = newScale(p.extent(c.From, c.To), p.YMin, p.YMax, p.Log, int(max(2, min(8, p.rows/25))))
		room = max(room, s.labelRoom(p.y.ticks))
	}
	for _, p := range panels {
		p.from, p.to = c.From, c.To
		p.box = box{crisp(margin + room + 6), y + p.head, s.width - margin - 4, y + p.head + p.rows}
		y = p.bottom + panelGap
	}
	s.timeAxis(c, panels)
	s.drawMarks(c, marks, panels, markTop)
	for _, p := range panels {
		s.drawPanel(p)
	}
	return s
}

func (s *sheet) prepare(panel Panel) *panelSheet {
	p := &panelSheet{Panel: panel, title: s.face.fit(titled(panel.Title, panel.Unit), textSize, s.width-2*margin)}
	var wanted []Color
	for _, l := range p.Lines {
		wanted = append(wanted, l.Color)
	}
	for _, c := range assign(wanted) {
		p.lines = append(p.lines, s.of(c))
	}
	for i, l := range p.Lines {
		p.addKey(l.Name, p.lines[i], lineSign(lineWidth+0.4, l.Dashed))
	}
	for _, b := range p.Bands {
		p.bands = append(p.bands, faint(s.of(b.Color), 0.22)) // gray unless chosen otherwise
		p.addKey(b.Name, faint(s.of(b.Color), 0.35), bandSign)
	}
	for _, l := range p.Levels {
		shade := s.theme.text
		if l.Color != Auto {
			shade = s.of(l.Color)
		}
		p.levels = append(p.levels, shade)
		p.addKey(l.Name, shade, lineSign(1, true))
	}
	p.head = s.arrange(p.title, p.keys) + headGap
	return p
}

func (p *panelSheet) addKey(name string, shade color.NRGBA, sign func(*sheet, position, color.NRGBA)) {
	if name = clean(name); name != "" {
		p.keys = append(p.keys, key{name: name, shade: shade, sign: sign})
	}
}

// Returns the height of the picture if its panels begin at top.
func (c Chart) shareHeight(panels []*panelSheet, top float64) float64 {
	rest, wanted := top+axisHeight+panelGap*float64(len(panels)-1), 0.0
	for _, p := range panels {
		if p.rows = float64(p.Height); p.Height == 0 {
			p.rows = 160
		}
		rest += p.head
		wanted += p.rows
	}
	factor := 1.0
	if c.Height > 0 {
		factor = (float64(c.Height) - rest) / wanted
	}
	for _, p := range panels {
		p.rows = max(minPlot, float64(int(p.rows*factor)))
		rest += p.rows
	}
	return max(rest, float64(c.Height))
}

func (s *sheet) timeAxis(c Chart, panels []*panelSheet) {
	last := panels[len(panels)-1]
	ticks := timeTicks(c.From, c.To, c.zone(), last.right-last.left, smallSize, s.face)
	for _, p := range panels {
		var fine, strong [][]position
		for i, t := range ticks {
			x := crisp(p.xOf(t.time))
			if up := []position{{x, p.top}, {x, p.bottom}}; len(t.context) > 0 && i > 0 {
				strong = append(strong, up)
			} else {
				fine = append(fine, up)
			}
		}
		s.line(fine, pen{s.grid, 1, false}, "")
		s.line(strong, pen{faint(s.frame, 0.6), 1, false}, "")
	}
	var labels, contexts row
	for _, t := range ticks {
		if x, ok := labels.place(last.xOf(t.time), s.face.width(t.label, smallSize), s.width); ok {
			s.text(position{x, last.bottom + 15}, t.label, smallSize, middle, s.quiet)
		}
	}
	// The first context is at the start of the axis, and gives way to those at a change.
	for i := range ticks {
		t := ticks[(i+1)%len(ticks)]
		for _, words := range t.context {
			if x, ok := contexts.place(last.xOf(t.time), s.face.width(words, smallSize), s.width); ok {
				s.text(position{x, last.bottom + 30}, words, smallSize, middle, s.theme.text)
				break
			}
		}
	}
}

func (s *sheet) drawPanel(p *panelSheet) {
	s.legend(p.title, p.keys, p.top-p.head)
	s.rules(p.plot)
	s.line([][]position{{{p.left, crisp(p.bottom)}, {p.right, crisp(p.bottom)}}}, pen{s.frame, 1, false}, "")
	empty := true
	for i, b := range p.Bands {
		if paths := p.between(b); len(paths) > 0 {
			empty = false
			s.area(paths, p.bands[i], "")
		}
	}
	// The first line is the most important and is drawn on top.
	for i, l := range slices.Backward(p.Lines) {
		if paths := p.trace(l); len(paths) > 0 {
			empty = false
			s.drawLine(paths, p.lines[i], l.Dashed, p.right-p.left)
		}
	}
	// A level must be visible through the lines of a busy month.
	for i, l := range p.Levels {
		if y := p.yOf(l.Y); present(l.Y, p.Log) && y >= p.top-1 && y <= p.bottom+1 {
			s.line([][]position{{{p.left, crisp(y)}, {p.right, crisp(y)}}}, pen{p.levels[i], 1, true}, "")
		}
	}
	if empty {
		s.text(position{(p.left + p.right) / 2, (p.top+p.bottom)/2 + 4}, "no data", textSize, middle, s.quiet)
	}
}

// Lines are thinner if there are many, with dots for isolated points.
func (s *sheet) drawLine(paths [][]position, shade color.NRGBA, dashed bool, room float64) {
	var dots [][]position
	width, points := lineWidth, 0
	for _, path := range paths {
		if points += len(path); float64(points) > room {
			width = 1
		}
	}
	paths = slices.DeleteFunc(slices.Clone(paths), func(path []position) bool {
		if len(path) > 1 && bounds([][]position{path}, 0).wider(0.5) {
			return false
		}
		dots = append(dots, path[:1])
		return true
	})
	s.line(paths, pen{shade, width, dashed}, "")
	s.line(dots, pen{shade, 2 * lineWidth, false}, "")
}
