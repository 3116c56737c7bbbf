package webhook

import (
	"io"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

// The expected signatures are from Python's hmac module, over "evt_2zQ8.1614265330." and the body below.
func TestSignatureOfAKnownPost(t *testing.T) {
	const body = `{"id":"evt_2zQ8","type":"scaled","time":"2026-03-01T12:00:00Z","app":"dancing-forest","process_type":"web",` +
		`"from":2,"to":3,"min":1,"max":3,"reason":"3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)","response_time_ms":1534.2}`
	e := notifytest.Event(notify.Scaled)
	e.Advice = "" // the signatures are older
	e.Phase, e.Incident, e.Since = "", "", time.Time{}
	for secret, want := range map[string]string{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": "v1,kkSP1GbLjtD8P/QOD6DQ98PlXWg98MM8KVYc0Iu83Yw=",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":       "v1,x81fDAp1agGwPSTQXmb26R7EVdp65ZAm/lpbO/3mhps=",
		"correct horse battery staple":           "v1,zqwp17lyKYBCSM7ZM6mabjMp8ybvPL0pVzB2a8hhPmo=",
	} {
		n, err := New(Options{URL: "https://example.com", Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		req, err := n.request(t.Context(), e, time.Unix(1614265330, 0))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(req.Body)
		if string(got) != body {
			t.Errorf("the body is %s", got)
		}
		if h := req.Header; h.Get("webhook-signature") != want || h.Get("webhook-timestamp") != "1614265330" {
			t.Errorf("with the secret %q the headers are %v, want the signature %s", secret, h, want)
		}
	}
}

// The example of the Standard Webhooks libraries.
func TestSignatureOfTheStandardsExample(t *testing.T) {
	s, err := newSigner("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("Sign = %s, %v, want %s", got, err, want)
	}
}
