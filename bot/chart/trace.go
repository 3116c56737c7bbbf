package chart

import (
	"math"
	"slices"
	"sort"
	"time"
)

type plot struct {
	box
	from, to time.Time
	y        scale
}

func (p plot) xOf(t time.Time) float64 {
	share := float64(t.Sub(p.from)) / float64(p.to.Sub(p.from))
	return p.left + (p.right-p.left)*max(-1e4, min(1e4, share))
}

func (p plot) yOf(v float64) float64 { return p.bottom - (p.bottom-p.top)*p.y.share(v) }

// Points of the same time keep their order.
func inOrder(points []Point) []Point {
	before := func(a, b Point) int { return a.Time.Compare(b.Time) }
	if slices.IsSortedFunc(points, before) {
		return points
	}
	points = slices.Clone(points)
	slices.SortStableFunc(points, before)
	return points
}

// Includes the neighbors outside, to which lines lead.
func visible(points []Point, from, to time.Time) []Point {
	points = inOrder(points)
	first := sort.Search(len(points), func(i int) bool { return !points[i].Time.Before(from) })
	last := sort.Search(len(points), func(i int) bool { return points[i].Time.After(to) })
	return points[max(first-1, 0):min(last+1, len(points))]
}

// The paths lie within the plot. An isolated point is a path of one point.
func (p plot) trace(l Line) [][]position {
	var out [][]position
	var run []position
	finish := func() {
		path := thin(run)
		if l.Step {
			path = steps(path)
		}
		switch {
		case len(path) > 1:
			out = append(out, p.clip(path)...)
		case len(path) == 1:
			if _, _, ok := p.cut(path[0], path[0]); ok {
				out = append(out, slices.Clone(path))
			}
		}
		run = run[:0]
	}
	var last time.Time
	for _, point := range visible(l.Points, p.from, p.to) {
		missing := !present(point.Y, p.y.log)
		if missing || (l.MaxGap > 0 && len(run) > 0 && point.Time.Sub(last) > l.MaxGap) {
			if missing && l.Step && len(run) > 0 {
				run = append(run, position{p.xOf(point.Time), run[len(run)-1].y}) // a value applies until it is missing
			}
			finish()
		}
		if !missing {
			run = append(run, position{p.xOf(point.Time), p.yOf(point.Y)})
			last = point.Time
		}
	}
	finish()
	return out
}

// Keeps the first, the lowest, the highest and the last point of each column of pixels. Works in place.
func thin(path []position) []position {
	out := path[:0]
	for start := 0; start < len(path); {
		column := math.Floor(path[start].x)
		end, low, high := start, start, start
		for ; end < len(path) && math.Floor(path[end].x) == column; end++ {
			if path[end].y < path[low].y {
				low = end
			}
			if path[end].y > path[high].y {
				high = end
			}
		}
		if end-start <= 2 {
			out = append(out, path[start:end]...)
		} else {
			kept := slices.Compact([]int{start, min(low, high), max(low, high), end - 1})
			for _, k := range kept { // k is never behind what was written
				out = append(out, position{column + 0.5, path[k].y})
			}
		}
		start = end
	}
	return out
}

func steps(path []position) []position {
	var out []position
	for i, at := range path {
		if i > 0 && path[i-1].y != at.y {
			out = append(out, position{at.x, path[i-1].y})
		}
		if i == 0 || i == len(path)-1 || path[i-1].y != at.y {
			out = append(out, at)
		}
	}
	return out
}

// Each area is a time in which both values are known.
func (p plot) between(b Band) [][]position {
	low, high := visible(b.Low, p.from, p.to), visible(b.High, p.from, p.to)
	var out [][]position
	var top, bottom []position
	finish := func() {
		if len(top) > 0 {
			slices.Reverse(bottom)
			out = append(out, append(top, bottom...))
		}
		top, bottom = nil, nil
	}
	for i, j := 0, 0; ; {
		now, next, ok := nextSpan(low, high, &i, &j)
		if !ok {
			break
		}
		l, h := low[i-1].Y, high[j-1].Y
		x0, x1 := max(p.left, p.xOf(now)), min(p.right, p.xOf(next))
		if !present(l, p.y.log) || !present(h, p.y.log) {
			finish()
			continue
		}
		if x1 <= x0 {
			continue
		}
		yl, yh := max(p.top, min(p.bottom, p.yOf(l))), max(p.top, min(p.bottom, p.yOf(h)))
		top, bottom = append(top, position{x0, yh}, position{x1, yh}),
			append(bottom, position{x0, yl}, position{x1, yl})
	}
	finish()
	return out
}

// Advances i and j to the next time in which both series have a value, and returns its start and end.
func nextSpan(low, high []Point, i, j *int) (now, next time.Time, ok bool) {
	for *i < len(low) && *j < len(high) {
		if a, b := low[*i].Time, high[*j].Time; a.Equal(b) {
			now = a
			*i++
			*j++
		} else if a.Before(b) {
			now = a
			*i++
		} else {
			now = b
			*j++
		}
		if *i == len(low) || *j == len(high) {
			return now, next, false
		}
		if *i == 0 || *j == 0 {
			continue
		}
		next = low[*i].Time
		if high[*j].Time.Before(next) {
			next = high[*j].Time
		}
		return now, next, true
	}
	return now, next, false
}
