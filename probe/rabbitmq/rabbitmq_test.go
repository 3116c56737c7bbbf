package rabbitmq_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/rabbitmq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patient = 10 * time.Second // no test is to reach it

func take(t testing.TB, o rabbitmq.Options) probe.Reading {
	t.Helper()
	o.Timeout = patient
	p, err := rabbitmq.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context())
}

func TestWhatIsAsked(t *testing.T) {
	var asked []string
	peers := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked = append(asked, req.RequestURI+" "+req.UserAgent())
		peers[req.RemoteAddr] = true
		_, _ = io.WriteString(w, `{"messages_ready": 2, "messages_unacknowledged": 3}`)
	}))
	defer s.Close()
	r := take(t, rabbitmq.Options{URL: s.URL + "/rabbit/", VHost: "a/b", Queues: []string{"mail", "é ."}, Count: rabbitmq.Both, UserAgent: "bot/1"})
	want := []string{
		"/rabbit/api/queues/a%2Fb/mail?columns=name%2Cstate%2Cleader%2Cmessages_ready%2Cmessages_unacknowledged bot/1",
		"/rabbit/api/queues/a%2Fb/%C3%A9%20.?columns=name%2Cstate%2Cleader%2Cmessages_ready%2Cmessages_unacknowledged bot/1",
	}
	if r.Value != 10 || strings.Join(asked, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %+v for\n%s\nwant\n%s", r, strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
	if len(peers) != 1 {
		t.Errorf("the requests of a probe came by %d connections, want 1", len(peers))
	}
}

func TestAnswersThatHoldNoNumber(t *testing.T) {
	const foreign = "the answer is not RabbitMQ's: check that the URL is its management plugin's"
	const uncounted = `the messages in the queue "mail" are not counted: it is only a few seconds old, or statistics are switched off`
	for body, want := range map[string]string{
		`<html>`: foreign,
		`[]`:     foreign,
		`{"messages_ready": "2", "messages_unacknowledged": 3}`: foreign,
		`{"messages_ready": -2, "messages_unacknowledged": 3}`:  foreign,
		`{"messages_ready": 2.5, "messages_unacknowledged": 3}`: foreign,
		`{}`:                    uncounted,
		`{"messages_ready": 2}`: uncounted,
		`{"messages_ready": null, "messages_unacknowledged": 3}`: uncounted,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		r := take(t, rabbitmq.Options{URL: s.URL, Queues: []string{"mail"}})
		s.Close()
		if r.Outcome != probe.BadAnswer || r.Error != want || r.Value != 0 || r.Status != 200 {
			t.Errorf("%s: got %+v, want %q", body, r, want)
		}
	}
}

// For a queue that does not run, RabbitMQ reports its last count.
func TestQueuesThatDoNotRun(t *testing.T) {
	for state, runs := range map[string]bool{
		`"running"`: true, `"idle"`: true, `"flow"`: true, `"syncing"`: true, `""`: true, `"running", "leader": "rabbit@a"`: true,
		`"down"`: false, `"crashed"`: false, `"stopped"`: false, `"terminated"`: false, `"minority"`: false, `"running", "leader": null`: false,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"state": `+state+`, "messages_ready": 2, "messages_unacknowledged": 3}`)
		}))
		r := take(t, rabbitmq.Options{URL: s.URL, Queues: []string{"mail"}})
		s.Close()
		if runs && (r.Outcome != probe.Answered || r.Value != 2) || !runs && (r.Outcome != probe.BadAnswer || r.Value != 0 || r.Error == "") {
			t.Errorf("%s: got %+v", state, r)
		}
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := rabbitmq.New(rabbitmq.Options{URL: "amqps://bot:s3cr3t@example.com/vhost", VHost: "..", Queues: []string{"mail", ""}, Count: "all", UserAgent: "a\nb"})
	const want = `rabbitmq signal: the URL must begin with http:// or https://: use a URL such as https://bot:password@rabbit.example.com, not the one that begins with amqp
the user agent has a line break or another control character
a queue's name is missing or empty
RabbitMQ's API does not support the name ".."
count is "all": must be ready, unacked or both
the timeout is 0s: must be more than 0`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	_, err = rabbitmq.New(rabbitmq.Options{URL: "http://localhost", Queues: strings.Split(strings.Repeat("a ", 100)+"a", " "), Timeout: patient})
	if err == nil || err.Error() != "rabbitmq signal: 101 queues are too many: the maximum is 100" {
		t.Errorf("got %v", err)
	}
}

// Whatever a server answers, it is a number from 0 or a failure.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{`{"messages_ready":2,"messages_unacknowledged":3}`, `{"messages_ready":-1}`, `{}`, `null`, `[`, `{"messages_ready":18446744073709551615,"messages_unacknowledged":1e3}`} {
		for _, count := range []string{"", "ready", "unacked", "both"} {
			f.Add([]byte(s), count)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, count string) {
		p, err := rabbitmq.New(rabbitmq.Options{URL: "http://example.com", Queues: []string{"jobs"}, Count: rabbitmq.Count(count), Timeout: patient})
		if err != nil {
			return
		}
		if n, err := p.Read(body); !(n >= 0) || n-n != 0 || err != nil && n != 0 {
			t.Errorf("got %v, %v", n, err)
		}
	})
}
