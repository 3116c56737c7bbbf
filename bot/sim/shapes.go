package sim

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A Shape is artificial demand with a peak of about one request per second, to be scaled. Some shapes also have trouble
// in the app.
type Shape struct {
	// Name identifies the shape; About describes it.
	Name, About string

	length   time.Duration
	rate     func(minute float64) float64
	troubles []Trouble // of the database
}

// Rate is the demand at a number of seconds after the start, in requests per second.
func (s Shape) Rate(seconds float64) float64 { return s.rate(seconds / 60) }

// Length is the length of the shape.
func (s Shape) Length() time.Duration { return s.length }

// Fleet adds the shape's trouble to f, for a demand whose peak needs peak dynos. If the trouble is a slow database, a
// fifth of the work of f becomes the database's. It has twice the slots that the peak keeps busy.
func (s Shape) Fleet(f Fleet, peak float64) Fleet {
	if len(s.troubles) == 0 {
		return f
	}
	const share = 0.2
	f.Troubles = append(f.Troubles[:len(f.Troubles):len(f.Troubles)], s.troubles...)
	f.Database = Database{
		Slots:   max(1, int(math.Ceil(2*share*peak*f.Busy*float64(f.Slots)))),
		Service: Service{Mean: scaleTime(f.Service.Mean, share), CV: 1},
	}
	f.Service.Mean = scaleTime(f.Service.Mean, 1-share)
	return f
}

func scaleTime(d time.Duration, by float64) time.Duration { return seconds(d.Seconds() * by) }

// Shapes returns all shapes.
func Shapes() []Shape {
	return []Shape{
		{
			Name: "steady", About: "the same all the time", length: 6 * time.Hour,
			rate: func(float64) float64 { return 1 },
		},
		{
			Name: "sine", About: "two days with quiet nights", length: 48 * time.Hour,
			rate: func(m float64) float64 { return 0.55 - 0.45*math.Cos(2*math.Pi*m/(24*60)) },
		},
		{
			Name: "ramp", About: "ten times as much within three hours, then back again", length: 8 * time.Hour,
			rate: func(m float64) float64 { return 0.1 + 0.9*hold(min(m-30, 450-m)/180) },
		},
		{
			Name: "square", About: "three times as much from one second to the next, every other hour",
			length: 8 * time.Hour,
			rate:   func(m float64) float64 { return 0.3 + 0.7*float64(int(m/60)%2) },
		},
		{
			Name: "spike", About: "four times as much for 5 minutes in every hour", length: 6 * time.Hour,
			rate: func(m float64) float64 {
				if into := math.Mod(m, 60); into >= 30 && into < 35 {
					return 1
				}
				return 0.25
			},
		},
		{
			Name: "flash", About: "a flash crowd: twelve times as much within 3 minutes, then a decline over an hour",
			length: 4 * time.Hour,
			rate:   func(m float64) float64 { return 0.08 + 0.92*hold((m-60)/3)*math.Exp(-max(0, m-70)/30) },
		},
		{
			Name: "outage", About: "no request gets through for 10 minutes, then everybody returns at once",
			length: 4 * time.Hour,
			rate: func(m float64) float64 {
				switch {
				case m < 120:
					return 0.6
				case m < 130:
					return 0
				}
				return 0.6 + 0.4*math.Exp(-max(0, m-136)/10)
			},
		},
		{
			Name: "slow-database", About: "steady, but for half an hour the database takes eight times as long, " +
				"which more dynos do not improve",
			length: 4 * time.Hour, rate: func(float64) float64 { return 1 },
			troubles: []Trouble{{From: 90 * time.Minute, To: 120 * time.Minute, Factor: 8}},
		},
	}
}

func hold(x float64) float64 { return max(0, min(x, 1)) }

// ShapeOf returns the shape with this name.
func ShapeOf(name string) (Shape, error) {
	var names []string
	for _, s := range Shapes() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Shape{}, fmt.Errorf("unknown shape %.40q: must be one of %s", name, strings.Join(names, ", "))
}
