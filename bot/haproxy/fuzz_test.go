package haproxy_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const (
	seedStat  = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,\n"
	seedState = stateHead + "3 web 5 web-1 10.0.0.1 2 0 1 1 4 15 3 4 6 0 0 0 - 80 -\n3 web 6 web-2 - 0 5 1 1 4 1 0 0 14 0 0 0 web-2.internal 80 -\n4 other 1 x 10.0.0.1 2 0 1 1 4 15 3 4 6 0 0 0 - 80 -\n"
)

// Whatever HAProxy answers, what is made of it are members that the pool can use, or an error of bounded length.
func FuzzAnswers(f *testing.F) {
	f.Add(seedState, seedStat+"web,web-1,1,0,2,0,,0,0,0,,0,,0,0,0,0,UP,1,1,0,0,0,\n")
	f.Add(stateHead, seedStat)
	f.Add("Can't find backend.", "\n")
	f.Add(seedState, seedStat+"web,web-1,-1,0,2,0\n\"")
	f.Add(strings.ReplaceAll(seedState, " 2 0 ", " 2 8 "), "# pxname,svname,scur,qcur,status\nweb,web-1,3,,DRAIN\n")
	f.Fuzz(func(t *testing.T, state, stats string) {
		list, err := haproxy.Parse(state, stats, "web")
		if err != nil {
			if len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n") {
				t.Fatalf("an error of %d bytes: %q", len(err.Error()), err)
			}
			return
		}
		for i, m := range list {
			known := m.State == pool.Joining || m.State == pool.Serving || m.State == pool.Down || m.State == pool.Draining || m.State == pool.Drained
			if m.Name == "" || m.Requests < -1 || !known || m.State == pool.Drained && m.Requests != 0 || i > 0 && list[i-1].Name >= m.Name || len(m.Note) > 300 || strings.Contains(m.Note, "\n") {
				t.Fatalf("member %+v of %q and %q", m, state, stats)
			}
		}
	})
}

// What is read of a configuration and written again is read as the same, and the rest of the template is as it was.
func FuzzConfig(f *testing.F) {
	const mark, end = "# autoscalebot: the servers, rewritten at each change\n", "# autoscalebot: end of the servers\n"
	f.Add("backend web\n  " + mark + "  server web-1 10.0.0.1:80 check\n  server web-2 [::1]:81 check weight 0\n  " + end)
	f.Add(mark + end + mark + "server a b:1\nserver a b:2\n" + end)
	f.Add(mark + "server a b\n")
	f.Add(end)
	f.Add(mark + "server web-1 10.0.0.1:80 weight 0\n" + end)
	f.Fuzz(func(t *testing.T, config string) {
		was, err := haproxy.ParseBlock(config)
		if err != nil {
			return
		}
		const template = "global\nbackend web\n\t$SERVERS\nfrontend x\n"
		text, err := haproxy.Rewrite(config, template, "server $NAME $IP:$PORT check cookie $NAME")
		if err != nil {
			if !strings.Contains(err.Error(), "without a port") {
				t.Fatal(err)
			}
			return
		}
		again, err := haproxy.ParseBlock(text)
		if err != nil {
			t.Fatalf("of %q was made %q, which is not read: %v", config, text, err)
		}
		if !reflect.DeepEqual(was, again) {
			t.Fatalf("%+v is %+v when it is read again, from %q", was, again, text)
		}
		lines := strings.Split(text, "\n")
		if lines[0] != "global" || lines[1] != "backend web" || lines[len(lines)-2] != "frontend x" || len(lines) != len(was)+6 {
			t.Fatalf("the template is %q", text)
		}
		for _, l := range lines[3 : 3+len(was)] {
			if !strings.HasPrefix(l, "\tserver ") || strings.ContainsAny(l, "#\"'\\") {
				t.Fatalf("a server's line is %q", l)
			}
		}
	})
}

func TestAnswersOfHAProxy26(t *testing.T) {
	list, err := haproxy.Parse(seedState, seedStat+"web,web-1,1,0,2,0,,0,0,0,,0,,0,0,0,0,UP 1/3,1,1,0,0,0,\n", "web")
	want := []pool.Member{{Name: "web-1", Address: "10.0.0.1:80", State: pool.Serving, Requests: 3, Note: "UP 1/3"}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, %v; want %+v", list, err, want)
	}
}
