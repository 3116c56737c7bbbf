package chart

import (
	"image/color"
	"math"
	"testing"
)

// As amounts of light.
func linear(c color.NRGBA) [3]float64 {
	one := func(v uint8) float64 {
		if s := float64(v) / 255; s > 0.04045 {
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return [3]float64{one(c.R), one(c.G), one(c.B)}
}

// By the Web Content Accessibility Guidelines 2.1.
func contrast(a, b color.NRGBA) float64 {
	light := func(c color.NRGBA) float64 {
		l := linear(c)
		return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] + 0.05
	}
	return max(light(a), light(b)) / min(light(a), light(b))
}

// CIELAB under D65, for eyes that transform light by m.
func lab(c color.NRGBA, m [3][3]float64) [3]float64 {
	l, seen := linear(c), [3]float64{}
	for i := range seen {
		seen[i] = max(0, min(1, m[i][0]*l[0]+m[i][1]*l[1]+m[i][2]*l[2]))
	}
	f := func(v float64) float64 {
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	x := f((0.4124*seen[0] + 0.3576*seen[1] + 0.1805*seen[2]) / 0.9505)
	y := f(0.2126*seen[0] + 0.7152*seen[1] + 0.0722*seen[2])
	z := f((0.0193*seen[0] + 0.1192*seen[1] + 0.9505*seen[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), at
// full severity
func eyes() map[string][3][3]float64 {
	return map[string][3][3]float64{
		"usual eyes":   {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
		"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
		"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	}
}

func TestColorsAreSeenAndToldApartByAllEyes(t *testing.T) {
	for _, dark := range []bool{false, true} {
		th := themeOf(dark)
		if c := contrast(th.text, th.paper); c < 7 {
			t.Errorf("dark %v: texts have a contrast of %.1f, want 7", dark, c)
		}
		if c := contrast(th.quiet, th.paper); c < 4.5 {
			t.Errorf("dark %v: quiet texts have a contrast of %.1f, want 4.5", dark, c)
		}
		for i, a := range th.colors {
			if c := contrast(a, th.paper); c < 3 {
				t.Errorf("dark %v: color %d has a contrast of %.2f, want 3", dark, i+1, c)
			}
			for name, m := range eyes() {
				for j, b := range th.colors[:i] {
					x, y := lab(a, m), lab(b, m)
					if d := math.Sqrt(math.Pow(x[0]-y[0], 2) + math.Pow(x[1]-y[1], 2) + math.Pow(x[2]-y[2], 2)); d < 12 {
						t.Errorf("dark %v: colors %d and %d are %.1f apart for %s, want 12", dark, j+1, i+1, d, name)
					}
				}
			}
		}
	}
}

func TestAutoTakesColorsThatAreFree(t *testing.T) {
	got := assign([]Color{Auto, Vermilion, Auto, Auto, Gray, Auto, Auto, Auto})
	seen := map[Color]int{}
	for _, c := range got {
		seen[c]++
	}
	for _, c := range []Color{Blue, Vermilion, Green, Purple, Sky, Orange, Gray} {
		if seen[c] == 0 {
			t.Errorf("color %d is not in %v", c, got)
		}
	}
}
