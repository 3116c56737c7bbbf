package rabbitmq_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	rabbithole "github.com/michaelklishin/rabbit-hole/v3"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
	"github.com/autoscalebot/autoscalebot/probe/rabbitmq"
)

// They hold all that must be escaped.
const vhost = "a/b c%2F?#é"

// TestRabbitMQ has one server for all: it takes long to start.
func TestRabbitMQ(t *testing.T) {
	s := startServer(t)
	fill(t, s)
	o := rabbitmq.Options{URL: "http://bot:" + password + "@" + s.management, Queues: []string{"mail", "pdf"}, Count: rabbitmq.Both}
	waitFor(t, o, 5)
	o.VHost, o.Queues = vhost, []string{vhost, "a.b/../c"}
	waitFor(t, o, 3)

	t.Run("conforms", func(t *testing.T) {
		with := func(password string) func(string, time.Duration) (probe.Prober, error) {
			return func(addr string, timeout time.Duration) (probe.Prober, error) {
				return rabbitmq.New(rabbitmq.Options{
					URL: "http://bot:" + password + "@" + addr + "?key=s3cr3t-query", Queues: []string{"mail", "pdf"}, Timeout: timeout,
				})
			}
		}
		probertest.Run(t, probertest.Fixture{
			Addr: s.management, New: with(password), Refused: with("s3cr3t-wrong"),
			Want: probe.Reading{Signal: "rabbitmq", Value: 3, Unit: "messages", Status: 200}, Secrets: []string{"s3cr3t", "Ym90OnMzY3IzdC"},
		})
	})
	t.Run("a user with too few rights", func(t *testing.T) { rights(t, s) })
	t.Run("queues", func(t *testing.T) { queues(t, s) })
	t.Run("a quorum queue without a leader", func(t *testing.T) {
		o := rabbitmq.Options{URL: "http://bot:" + password + "@" + s.management, Queues: []string{"quorum"}}
		waitFor(t, o, 2)
		s.eval(t, `ra:stop_server(quorum_queues, {'%2F_quorum', node()}).`)
		if r := take(t, o); r.Outcome != probe.BadAnswer || r.Value != 0 || !strings.Contains(r.Error, "leader") {
			t.Errorf("got %+v, though nobody knows how long it is", r)
		}
	})
}

// mail has 3 messages, 2 of them delivered to a consumer; pdf has 2; and each queue with an odd name has some.
func fill(t *testing.T, s *server) {
	conn, err := amqp.Dial("amqp://bot:" + password + "@" + s.amqp + "/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	publish(t, ch, "mail", 3)
	publish(t, ch, "pdf", 2)
	if _, err := ch.QueueDeclare("quorum", true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		t.Fatal(err)
	}
	send(t, ch, "quorum", 2)
	for range 2 {
		if _, ok, err := ch.Get("mail", false); !ok || err != nil {
			t.Fatalf("get a message: %v, %v", ok, err)
		}
	}
	management, err := rabbithole.NewClient("http://"+s.management, "bot", password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := management.PutVhost(vhost, rabbithole.VhostSettings{}); err != nil {
		t.Fatal(err)
	}
	if _, err := management.UpdatePermissionsIn(vhost, "bot", rabbithole.Permissions{Configure: ".*", Write: ".*", Read: ".*"}); err != nil {
		t.Fatal(err)
	}
	odd, err := amqp.Dial("amqp://bot:" + password + "@" + s.amqp + "/" + url.PathEscape(vhost))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = odd.Close() })
	if ch, err = odd.Channel(); err != nil {
		t.Fatal(err)
	}
	publish(t, ch, vhost, 1)
	publish(t, ch, "a.b/../c", 2)
}

func publish(t *testing.T, ch *amqp.Channel, queue string, n int) {
	if _, err := ch.QueueDeclare(queue, false, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	send(t, ch, queue, n)
}

func send(t *testing.T, ch *amqp.Channel, queue string, n int) {
	for range n {
		if err := ch.PublishWithContext(t.Context(), "", queue, false, false, amqp.Publishing{Body: []byte("job")}); err != nil {
			t.Fatal(err)
		}
	}
}

func waitFor(t *testing.T, o rabbitmq.Options, want float64) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		r := take(t, o)
		if r.Value == want {
			return
		}
		if r.Outcome != probe.Answered && r.Outcome != probe.BadAnswer || time.Now().After(deadline) {
			t.Fatalf("got %+v, want %v", r, want)
		}
	}
}

// as the docs say; each step before the last ends with the server's own reason
func rights(t *testing.T, s *server) {
	admin, err := rabbithole.NewClient("http://"+s.management, "bot", password)
	if err != nil {
		t.Fatal(err)
	}
	const name = "watcher"
	o := rabbitmq.Options{URL: "http://" + name + ":" + password + "@" + s.management, Queues: []string{"mail"}, Count: rabbitmq.Both}
	for _, step := range []struct {
		do   func() (*http.Response, error)
		says string
	}{
		{nil, "Login failed"},
		{func() (*http.Response, error) {
			return admin.PutUser(name, rabbithole.UserSettings{Password: password})
		}, "set_user_tags"},
		{func() (*http.Response, error) {
			return admin.PutUser(name, rabbithole.UserSettings{Password: password, Tags: rabbithole.UserTags{"monitoring"}})
		}, "set_permissions"},
		{func() (*http.Response, error) {
			return admin.UpdatePermissionsIn("/", name, rabbithole.Permissions{Configure: "^$", Write: "^$", Read: "^$"})
		}, ""},
	} {
		if step.do != nil {
			if _, err := step.do(); err != nil {
				t.Fatal(err)
			}
		}
		r := take(t, o)
		if refused := r.Outcome == probe.ClientError; refused != (step.says != "") || !strings.Contains(r.Error, step.says) || strings.Contains(r.Error, password) {
			t.Errorf("got %+v, want a text with %q", r, step.says)
		}
	}
}

func queues(t *testing.T, s *server) {
	official, err := rabbithole.NewClient("http://"+s.management, "bot", password)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		vhost  string
		queues []string
		count  rabbitmq.Count
		want   float64
		error  string
	}{
		{queues: []string{"mail"}, want: 1},
		{queues: []string{"mail"}, count: rabbitmq.Ready, want: 1},
		{queues: []string{"mail"}, count: rabbitmq.Unacked, want: 2},
		{queues: []string{"mail"}, count: rabbitmq.Both, want: 3},
		{queues: []string{"mail", "pdf"}, want: 3},
		{queues: []string{"pdf", "pdf"}, want: 4},
		{vhost: "/", queues: []string{"pdf"}, want: 2},
		{vhost: vhost, queues: []string{vhost}, want: 1},
		{vhost: vhost, queues: []string{"a.b/../c"}, want: 2},
		{queues: []string{"none"}, error: `the virtual host "/" has no queue "none"`},
		{queues: []string{"mail", "none"}, error: `the virtual host "/" has no queue "none"`},
		{vhost: "none", queues: []string{"mail"}, error: `the virtual host "none" has no queue "mail"`},
	} {
		r := take(t, rabbitmq.Options{URL: "http://bot:" + password + "@" + s.management, VHost: tt.vhost, Queues: tt.queues, Count: tt.count})
		if r.Error != tt.error || r.Value != tt.want || (r.Outcome == probe.ClientError) != (tt.error != "") {
			t.Errorf("%q %q %s: got %+v, want %v and the error %q", tt.vhost, tt.queues, tt.count, r, tt.want, tt.error)
		}
		if tt.vhost != "" || len(tt.queues) > 1 || tt.error != "" {
			continue
		}
		q, err := official.GetQueue("/", tt.queues[0])
		if err != nil {
			t.Fatal(err)
		}
		counts := map[rabbitmq.Count]int{
			"": q.MessagesReady, rabbitmq.Ready: q.MessagesReady, rabbitmq.Unacked: q.MessagesUnacknowledged, rabbitmq.Both: q.Messages,
		}
		if float64(counts[tt.count]) != r.Value {
			t.Errorf("%q %s: got %v, the usual client %d", tt.queues, tt.count, r.Value, counts[tt.count])
		}
	}
	if _, err := official.DeclareQueue("/", "new", rabbithole.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	r := take(t, rabbitmq.Options{URL: "http://bot:" + password + "@" + s.management, Queues: []string{"pdf", "new"}})
	const uncounted = `the messages in the queue "new" are not counted: it is only a few seconds old, or statistics are switched off`
	if r.Outcome != probe.BadAnswer || r.Error != uncounted || r.Value != 0 {
		t.Errorf("a queue that was just made: got %+v, want the error %q", r, uncounted)
	}
}
