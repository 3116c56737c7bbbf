package logdrain_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// as the router knows it
type visit struct {
	at      time.Time
	service int // in ms; -1 for none
	connect int // in ms; -1 for none
	status  int
	code    string
	dyno    int // 0 for none
}

type truth struct {
	visits []visit
	lines  int
}

// It makes up what Logplex posts of visits: a share of the lines late and out of order, some posts and some lines
// twice, and the lines of the app and the runtime metrics between them.
type traffic struct {
	rng    *rand.Rand
	start  time.Time
	rate   int // visits a second
	dynos  int
	second int
	coming map[int][]line // by the second in which they come
	truth  map[int64]*truth
	posts  int
}

type line struct {
	frame string
	visit *visit // nil for any other line
	at    time.Time
	twice bool // it came before
}

func newTraffic(seed uint64, start time.Time, rate, dynos int) *traffic {
	return &traffic{
		rng: rand.New(rand.NewPCG(seed, 1)), start: start, rate: rate, dynos: dynos, coming: map[int][]line{}, truth: map[int64]*truth{},
	}
}

type batch struct {
	id, body string
	lines    int
}

// It remembers the truth of what came.
func (g *traffic) next() []batch {
	begin := g.start.Add(time.Duration(g.second) * time.Second)
	for range g.rate {
		v := g.visit(begin.Add(time.Duration(g.rng.IntN(1_000_000)) * time.Microsecond))
		l := line{frame: v.frame(g.rng), visit: &v, at: v.at}
		delay := min(8, int(g.rng.ExpFloat64()))
		g.coming[g.second+delay] = append(g.coming[g.second+delay], l)
		if g.rng.IntN(100) == 0 {
			l.twice = true
			g.coming[g.second+delay+1] = append(g.coming[g.second+delay+1], l)
		}
	}
	for k := range g.rate / 10 {
		at := begin.Add(time.Duration(g.rng.IntN(1_000_000)) * time.Microsecond)
		l := line{frame: frame(at, "app", "web.1", fmt.Sprintf("Completed 200 OK in %dms dyno=web.9 service=%dms\n", k, k)), at: at}
		if k%100 == 0 {
			l.frame = frame(at, "heroku", "web.1", "source=web.1 dyno=heroku.1.2 sample#load_avg_1m=1.50")
		}
		g.coming[g.second] = append(g.coming[g.second], l)
	}
	come := g.coming[g.second]
	delete(g.coming, g.second)
	g.second++
	g.rng.Shuffle(len(come), func(i, j int) { come[i], come[j] = come[j], come[i] })
	return g.batches(come)
}

// of up to 200 lines; each 50th comes twice
func (g *traffic) batches(come []line) (out []batch) {
	for len(come) > 0 {
		n := min(len(come), 1+g.rng.IntN(200))
		var body strings.Builder
		for _, l := range come[:n] {
			body.WriteString(l.frame)
			if l.twice {
				continue
			}
			second := l.at.Unix()
			if g.truth[second] == nil {
				g.truth[second] = &truth{}
			}
			g.truth[second].lines++
			if l.visit != nil {
				g.truth[second].visits = append(g.truth[second].visits, *l.visit)
			}
		}
		come = come[n:]
		g.posts++
		b := batch{id: strconv.Itoa(g.posts), body: body.String(), lines: n}
		out = append(out, b)
		if g.posts%50 == 0 {
			out = append(out, b)
		}
	}
	return out
}

// mostly good answers within a log-normal time, and some of whatever goes wrong
func (g *traffic) visit(at time.Time) visit {
	v := visit{at: at, connect: g.rng.IntN(3), service: int(80 * math.Exp(0.9*g.rng.NormFloat64())), status: 200, dyno: 1 + g.rng.IntN(g.dynos)}
	switch p := g.rng.IntN(1000); {
	case p < 40:
		v.status = 404
	case p < 50:
		v.status = 500
	case p < 53:
		v.status, v.code, v.service = 503, "H12", 30_000
	case p < 55:
		v.status, v.code, v.service, v.connect, v.dyno = 503, "H11", -1, -1, 0
	case p < 56:
		v.status, v.code, v.connect = 503, "H13", 1
	case p < 57:
		v.status, v.code, v.service, v.connect, v.dyno = 503, "H10", -1, -1, 0
	case p < 58:
		v.status, v.service = 101, 600_000
	}
	return v
}

func (v visit) frame(rng *rand.Rand) string {
	value := func(ms int) string {
		if ms < 0 {
			return ""
		}
		return strconv.Itoa(ms) + "ms"
	}
	at, dyno := "at=info", ""
	if v.code != "" {
		at = "at=error code=" + v.code + " desc=\"Something is wrong\""
	}
	if v.dyno > 0 {
		dyno = "web." + strconv.Itoa(v.dyno)
	}
	number := func() string { return strconv.FormatUint(rng.Uint64(), 16) }
	return frame(v.at, "heroku", "router", at+" method=GET path=\"/things/"+number()+"?q=a%20b\" host=dancing-forest-1234.herokuapp.com request_id="+
		number()+"-"+number()+" fwd=\"192.0.2.7\" dyno="+dyno+" connect="+value(v.connect)+" service="+value(v.service)+
		" status="+strconv.Itoa(v.status)+" bytes=12345 protocol=https\n")
}
