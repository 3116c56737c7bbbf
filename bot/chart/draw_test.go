package chart_test

import (
	"encoding/xml"
	"image/color"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
)

// Minutes that never settle, with dynos that follow them.
func busy(span time.Duration) chart.Chart {
	r := rand.New(rand.NewPCG(1, 2))
	var median, p95, dynos, low, high []chart.Point
	for at := noon(); at.Before(noon().Add(span)); at = at.Add(time.Minute) {
		day := 1 + math.Sin(float64(at.Unix()%86400)/86400*2*math.Pi)
		v := 80 * (1 + day) * math.Exp(0.4*r.NormFloat64())
		median = append(median, chart.Point{Time: at, Y: v})
		p95 = append(p95, chart.Point{Time: at, Y: v * (1 + 4*r.Float64())})
		dynos = append(dynos, chart.Point{Time: at, Y: math.Round(1 + 4*day)})
		low, high = append(low, chart.Point{Time: at, Y: 1}), append(high, chart.Point{Time: at, Y: 10})
	}
	return chart.Chart{
		Title: "busy", From: noon(), To: noon().Add(span),
		Panels: []chart.Panel{
			{Title: "Response time", Unit: "ms", Lines: []chart.Line{{Name: "p95", Points: p95}, {Name: "median", Points: median}}},
			{Title: "Dynos", Lines: []chart.Line{{Name: "dynos", Points: dynos, Step: true}}, Bands: []chart.Band{{Low: low, High: high}}},
		},
	}
}

func TestWeeksOfMinutesMakeASmallFile(t *testing.T) {
	racetest.Computes(t)
	for _, days := range []int{7, 30, 90} {
		if n := len(svgOf(t, busy(time.Duration(days)*24*time.Hour))); n > 150_000 {
			t.Errorf("%d days make an SVG of %d bytes", days, n)
		}
	}
}

func TestAPeakIsNeverLostAmongManyPoints(t *testing.T) {
	racetest.Computes(t)
	for _, peak := range []int{1, 20_000, 43_198} {
		values := make([]float64, 43_200)
		for i := range values {
			values[i] = 100
		}
		values[peak] = 900
		img := pngOf(t, chart.Chart{
			From: noon(), To: noon().Add(30 * 24 * time.Hour), Width: 600,
			Panels: []chart.Panel{{Lines: []chart.Line{{Points: every(time.Minute, values...), Color: chart.Blue}}, YMin: 0, YMax: 1000}},
		}, 1)
		highest := img.Bounds().Dy()
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if like(img.At(x, y), blue()) && y < highest {
					highest = y
				}
			}
		}
		// The plot begins 22 pixels below the top, and is 160 high.
		if highest < 30 || highest > 45 {
			t.Errorf("the peak at minute %d reaches up to row %d, want about 38", peak, highest)
		}
	}
}

func blue() color.Color { return color.RGBA{0x00, 0x72, 0xB2, 0xFF} }

func like(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	near := func(x, y uint32) bool { return max(x, y)-min(x, y) < 0x3800 }
	return near(ar, br) && near(ag, bg) && near(ab, bb)
}

func TestLinesAreWhereTheyMustBe(t *testing.T) {
	racetest.Computes(t)
	c := chart.Chart{
		From: noon(), To: noon().Add(time.Hour), Width: 480,
		Panels: []chart.Panel{{
			Height: 100, YMin: 0, YMax: 10,
			Lines: []chart.Line{
				{Points: every(20*time.Minute, 8, 8, math.NaN(), 8), Color: chart.Blue},
				{Points: every(20*time.Minute, 2, 6, 2, 2), Color: chart.Vermilion, Step: true},
			},
			Bands: []chart.Band{{Low: every(30*time.Minute, 3, 3), High: every(30*time.Minute, 5, 5), Color: chart.Green}},
		}},
	}
	for _, scale := range []float64{1, 2} {
		img := pngOf(t, c, scale)
		// The plot goes from 34.5 to 460 and from 22 to 122; that is 4.26 pixels to a tenth of the hour, and 10 to a
		// unit.
		at := func(minutes, value float64) color.Color {
			return img.At(int((34.5+minutes/60*425.5)*scale), int((22+100-value*10)*scale))
		}
		vermilion, paper := color.RGBA{0xC6, 0x53, 0x00, 0xFF}, color.White
		for _, tt := range []struct {
			minutes, value float64
			want           color.Color
			what           string
		}{
			{7, 8, blue(), "the line"},
			{33, 8.05, paper, "the gap"},
			{59.9, 8, blue(), "the point behind the gap"},
			{7, 2, vermilion, "the first step"},
			{27, 6, vermilion, "the second step"},
			{51, 2, vermilion, "the third step"},
			{13, 4.3, color.RGBA{0xC7, 0xE8, 0xDD, 0xFF}, "the band"},
			{43, 4.3, paper, "behind the band"},
			{13, 9.3, paper, "above it all"},
		} {
			if got := at(tt.minutes, tt.value); !like(got, tt.want) {
				t.Errorf("scale %g: %s, minute %g at %g, is %v, want %v", scale, tt.what, tt.minutes, tt.value, got, tt.want)
			}
		}
	}
}

func TestPanelsShareTheHeightThatIsGiven(t *testing.T) {
	racetest.Computes(t)
	for height, want := range map[int]int{0: 278, 500: 500, 50: 198} {
		c := hour()
		c.Title, c.Subtitle, c.Marks, c.Height = "", "", nil, height
		if got := pngOf(t, c, 1).Bounds().Dy(); got != want {
			t.Errorf("height %d makes a picture of %d, want %d", height, got, want)
		}
	}
}

// Usual ones, NaN, and the extremes of a float.
func numbers() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64Range(-1000, 1000),
		rapid.Float64(),
		rapid.Map(rapid.IntRange(0, 20), func(n int) float64 { return float64(n) }),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}),
	)
}

func series() *rapid.Generator[[]chart.Point] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chart.Point {
		at := noon().Add(time.Duration(rapid.IntRange(-100, 4000).Draw(t, "second")) * time.Second)
		if rapid.IntRange(0, 9).Draw(t, "far") == 0 {
			at = time.Unix(rapid.Int64().Draw(t, "anywhen"), 0)
		}
		return chart.Point{Time: at, Y: numbers().Draw(t, "y")}
	}), 0, 30)
}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "dynos", "response time at the heartbeat", "日本語", "<&>"}))
}

func TestAnyValuesCanBeDrawn(t *testing.T) {
	racetest.Long(t)
	zones := []*time.Location{nil, time.UTC, zone(t, "America/Sao_Paulo"), zone(t, "Asia/Kathmandu"), zone(t, "Australia/Lord_Howe")}
	rapidtest.Check(t, func(t *rapid.T) {
		c := chart.Chart{
			Title: texts().Draw(t, "title"), Subtitle: texts().Draw(t, "subtitle"),
			From: noon(), To: noon().Add(time.Duration(math.Exp(rapid.Float64Range(0, 21.8).Draw(t, "span")) * 1e9)),
			Zone: rapid.SampledFrom(zones).Draw(t, "zone"), Dark: rapid.Bool().Draw(t, "dark"),
			Width: rapid.IntRange(240, 1400).Draw(t, "width"), Height: rapid.IntRange(0, 700).Draw(t, "height"),
		}
		for range rapid.IntRange(1, 3).Draw(t, "panels") {
			p := chart.Panel{
				Title: texts().Draw(t, "panel"), Unit: texts().Draw(t, "unit"), Height: rapid.IntRange(0, 200).Draw(t, "rows"),
				YMin: numbers().Draw(t, "min"), YMax: numbers().Draw(t, "max"), Log: rapid.Bool().Draw(t, "log"),
				Bands:  []chart.Band{{Name: texts().Draw(t, "band"), Low: series().Draw(t, "low"), High: series().Draw(t, "high")}},
				Levels: []chart.Level{{Name: texts().Draw(t, "level"), Y: numbers().Draw(t, "at")}},
			}
			for range rapid.IntRange(0, 3).Draw(t, "lines") {
				p.Lines = append(p.Lines, chart.Line{
					Name: texts().Draw(t, "line"), Points: series().Draw(t, "points"), Color: chart.Color(rapid.IntRange(-1, 9).Draw(t, "color")),
					Step: rapid.Bool().Draw(t, "step"), Dashed: rapid.Bool().Draw(t, "dashed"),
					MaxGap: time.Duration(rapid.IntRange(0, 60).Draw(t, "gap")) * time.Second,
				})
			}
			c.Panels = append(c.Panels, p)
		}
		for _, p := range series().Draw(t, "marks") {
			c.Marks = append(c.Marks, chart.Mark{Time: p.Time, Text: texts().Draw(t, "text"), Kind: chart.Kind(rapid.IntRange(-1, 5).Draw(t, "kind"))})
		}
		check(t, c)
	})
}

func TestAnyDotsCanBeDrawn(t *testing.T) {
	racetest.Long(t)
	axis := rapid.Custom(func(t *rapid.T) chart.Axis {
		return chart.Axis{
			Title: texts().Draw(t, "title"), Unit: texts().Draw(t, "unit"),
			Min: numbers().Draw(t, "min"), Max: numbers().Draw(t, "max"), Log: rapid.Bool().Draw(t, "log"),
		}
	})
	dot := rapid.Custom(func(t *rapid.T) chart.Dot {
		return chart.Dot{X: numbers().Draw(t, "x"), Y: numbers().Draw(t, "y"), Label: texts().Draw(t, "label")}
	})
	rapidtest.Check(t, func(t *rapid.T) {
		s := chart.Scatter{
			Title: texts().Draw(t, "title"), X: axis.Draw(t, "X"), Y: axis.Draw(t, "Y"),
			Width: rapid.IntRange(240, 1400).Draw(t, "width"), Height: rapid.IntRange(0, 700).Draw(t, "height"),
		}
		for range rapid.IntRange(0, 9).Draw(t, "series") {
			s.Series = append(s.Series, chart.Series{
				Name: texts().Draw(t, "name"), Dots: rapid.SliceOfN(dot, 0, 9).Draw(t, "dots"),
				Marker: chart.Marker(rapid.IntRange(-1, 8).Draw(t, "marker")), Join: rapid.Bool().Draw(t, "join"),
				NoKey: rapid.Bool().Draw(t, "no key"),
			})
		}
		check(t, s)
	})
}

// As SVG and as PNG.
func check(t *rapid.T, p picture) {
	var out strings.Builder
	if err := p.SVG(&out); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, out.String())
	apart(t, out.String())
	if err := p.PNG(new(strings.Builder), 0.5); err != nil {
		t.Fatal(err)
	}
}

// Texts must not overlap, and must be completely in the picture.
func apart(t failer, svg string) {
	t.Helper()
	var doc struct {
		Width  float64 `xml:"width,attr"`
		Height float64 `xml:"height,attr"`
		Texts  []struct {
			X      float64 `xml:"x,attr"`
			Y      float64 `xml:"y,attr"`
			Size   float64 `xml:"font-size,attr"`
			Anchor string  `xml:"text-anchor,attr"`
			Words  string  `xml:",chardata"`
		} `xml:"text"`
	}
	if err := xml.Unmarshal([]byte(svg), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, svg)
	}
	type place struct {
		left, top, right, bottom float64
		words                    string
	}
	var places []place
	widthOf := ruler(t)
	for _, text := range doc.Texts {
		width := widthOf(text.Words, text.Size)
		left := map[string]float64{"": text.X, "middle": text.X - width/2, "end": text.X - width}[text.Anchor]
		p := place{left, text.Y - 0.72*text.Size, left + width, text.Y + 0.05*text.Size, strconv.Quote(text.Words)}
		if p.left < -0.1 || p.right > doc.Width+0.1 || p.top < 0 || p.bottom > doc.Height {
			t.Fatalf("%s at %+v is not wholly within %g by %g", p.words, p, doc.Width, doc.Height)
		}
		for _, o := range places {
			if p.left < o.right-0.1 && o.left < p.right-0.1 && p.top < o.bottom && o.top < p.bottom {
				t.Fatalf("%s overlaps %s:\n%+v\n%+v\n%s", p.words, o.words, p, o, svg)
			}
		}
		places = append(places, p)
	}
}

// Measured differently from the package.
func ruler(t failer) func(words string, size float64) float64 {
	t.Helper()
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatalf("%v", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 1000, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return func(words string, size float64) float64 {
		sum := 0.0
		for _, r := range words {
			if advance, ok := face.GlyphAdvance(r); ok {
				sum += float64(advance) / 64 / 1000 * size
			}
		}
		return sum
	}
}
