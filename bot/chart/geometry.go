package chart

import "math"

// In the direction of a raster's line segments.
func circle(at position, radius float64, corners int) []position {
	out := make([]position, corners)
	for i := range out {
		sin, cos := math.Sincos(-2 * math.Pi * float64(i) / float64(corners))
		out[i] = position{at.x + radius*cos, at.y + radius*sin}
	}
	return out
}

func (b box) rectangle() []position {
	return []position{{b.left, b.top}, {b.right, b.top}, {b.right, b.bottom}, {b.left, b.bottom}}
}

func (b box) overlaps(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

func (b box) clip(path []position) [][]position {
	var out [][]position
	var part []position
	for i := 1; i < len(path); i++ {
		from, to, ok := b.cut(path[i-1], path[i])
		if !ok {
			continue
		}
		if len(part) == 0 || part[len(part)-1] != from {
			if len(part) > 0 {
				out = append(out, part)
			}
			part = []position{from}
		}
		part = append(part, to)
	}
	if len(part) > 0 {
		out = append(out, part)
	}
	return out
}

// Liang and Barsky, 1984
func (b box) cut(from, to position) (position, position, bool) {
	dx, dy := to.x-from.x, to.y-from.y
	enter, leave := 0.0, 1.0
	for _, edge := range [...]struct{ run, room float64 }{
		{-dx, from.x - b.left},
		{dx, b.right - from.x},
		{-dy, from.y - b.top},
		{dy, b.bottom - from.y},
	} {
		switch {
		case edge.run == 0:
			if edge.room < 0 {
				return from, to, false
			}
		case edge.run < 0:
			enter = max(enter, edge.room/edge.run)
		default:
			leave = min(leave, edge.room/edge.run)
		}
	}
	if enter > leave {
		return from, to, false
	}
	end := to
	if leave < 1 {
		end = position{from.x + leave*dx, from.y + leave*dy}
	}
	if enter > 0 {
		from = position{from.x + enter*dx, from.y + enter*dy}
	}
	return from, end, true
}

func dashes(paths [][]position) [][]position {
	var out [][]position
	for _, p := range paths {
		if len(p) == 0 {
			continue
		}
		piece, drawing, rest := []position{p[0]}, true, dashOn
		for i := 1; i < len(p); i++ {
			at := p[i-1]
			for {
				length := math.Hypot(p[i].x-at.x, p[i].y-at.y)
				if length < rest {
					rest -= length
					break
				}
				part := rest / length
				at = position{at.x + (p[i].x-at.x)*part, at.y + (p[i].y-at.y)*part}
				if drawing {
					out = append(out, append(piece, at))
					rest = dashOff
				} else {
					rest = dashOn
				}
				drawing, piece = !drawing, []position{at}
			}
			if drawing {
				piece = append(piece, p[i])
			}
		}
		if drawing && len(piece) > 1 {
			out = append(out, piece)
		}
	}
	return out
}

func (b box) wider(pixels float64) bool { return b.right-b.left > pixels || b.bottom-b.top > pixels }
