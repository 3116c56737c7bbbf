package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
)

func (c Chart) visibleMarks() []Mark {
	marks := slices.DeleteFunc(slices.Clone(c.Marks),
		func(m Mark) bool { return m.Time.Before(c.From) || m.Time.After(c.To) })
	slices.SortStableFunc(marks, func(a, b Mark) int { return a.Time.Compare(b.Time) })
	return marks
}

// Marks that are too close for a sign each.
type cluster struct {
	x     float64
	marks []Mark
}

const (
	clusterWidth = 11.0 // between signs
	// For each mark on average, so that all have a line. With less space, only trouble has one.
	lineRoom = 24.0
)

// A sign has the part of its text that fits above the panels.
func (s *sheet) drawMarks(c Chart, marks []Mark, panels []*panelSheet, top float64) {
	var clusters []cluster
	for _, m := range marks {
		x := crisp(panels[0].xOf(m.Time))
		if n := len(clusters); n > 0 && x-clusters[n-1].x < clusterWidth {
			clusters[n-1].marks = append(clusters[n-1].marks, m)
			continue
		}
		clusters = append(clusters, cluster{x, []Mark{m}})
	}
	crowded := float64(len(marks))*lineRoom > panels[0].right-panels[0].left
	for kind := range Trouble + 1 {
		var lines [][]position
		last := -1.0
		for _, m := range marks {
			x := crisp(panels[0].xOf(m.Time))
			if m.Kind.known() != kind || x == last || (crowded && kind != Trouble) {
				continue
			}
			last = x
			for _, p := range panels {
				lines = append(lines, []position{{x, p.top}, {x, p.bottom}})
			}
		}
		s.line(lines, pen{faint(s.kindShade(kind), 0.5), 1, false}, "")
	}
	s.signs(c, clusters, top+clusterWidth/2+2)
}

// A number outside the constants is Event.
func (k Kind) known() Kind {
	if k < Event || k > Trouble {
		return Event
	}
	return k
}

// In a row around y.
func (s *sheet) signs(c Chart, clusters []cluster, y float64) {
	free := margin / 2 // the end of the taken part of the row
	for i, cl := range clusters {
		kind := cl.kind()
		shapes := kindShape(kind, position{cl.x, y})
		s.area([][]position{shapes}, s.kindShade(kind), cl.note(c))
		words := clean(cl.marks[0].Text)
		if len(cl.marks) > 1 {
			words = fmt.Sprintf("×%d", len(cl.marks))
		}
		end := s.width - margin/2
		if i+1 < len(clusters) {
			end = clusters[i+1].x - 7
		}
		width, before, behind := s.face.width(words, smallSize), cl.x-7-free, end-cl.x-7
		switch {
		case behind < width && before >= width:
			s.text(position{cl.x - 7, y + 4}, words, smallSize, right, s.theme.text)
			width = 0
		case behind >= min(width, 80):
			words = s.face.fit(words, smallSize, behind)
			width = s.face.width(words, smallSize)
			s.text(position{cl.x + 7, y + 4}, words, smallSize, left, s.theme.text)
		default:
			width = 0
		}
		free = cl.x + 7 + width + 4
	}
}

// The common kind of all, or the worst.
func (cl cluster) kind() Kind {
	kind := cl.marks[0].Kind
	for _, m := range cl.marks[1:] {
		switch {
		case m.Kind == Trouble:
			return Trouble
		case m.Kind != kind:
			kind = Event
		}
	}
	return kind
}

func (cl cluster) note(c Chart) string {
	const most = 6
	var parts []string
	for _, m := range cl.marks[:min(most, len(cl.marks))] {
		parts = append(parts, m.Time.In(c.zone()).Format("Mon 2 Jan 15:04:05")+" "+clean(m.Text))
	}
	if more := len(cl.marks) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, " · ")
}

func (s *sheet) kindShade(k Kind) color.NRGBA {
	switch k {
	case Up:
		return s.of(Blue)
	case Down:
		return s.of(Orange)
	case Trouble:
		return s.of(Vermilion)
	case Event:
	}
	return s.quiet
}

// Signs must differ by shape, not only by color.
func kindShape(k Kind, at position) []position {
	const r = 5.0
	switch k {
	case Up:
		return []position{{at.x - r, at.y + r - 1}, {at.x, at.y - r}, {at.x + r, at.y + r - 1}}
	case Down:
		return []position{{at.x - r, at.y - r + 1}, {at.x + r, at.y - r + 1}, {at.x, at.y + r}}
	case Trouble:
		return []position{{at.x - r, at.y}, {at.x, at.y - r}, {at.x + r, at.y}, {at.x, at.y + r}}
	case Event:
	}
	return circle(at, r-1, 16)
}
