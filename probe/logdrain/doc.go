// Package logdrain measures an app's load from its log, which Heroku's Logplex posts to an HTTPS drain: requests per
// second, service and connect times, errors, and the load and memory of the dynos.
//
//	d, err := logdrain.New(logdrain.Options{Tokens: []string{"d.fc6b856b-3332-4546-93de-7d0ee272c3bd"}, ExpectRequests: true})
//	if err != nil {
//		return err
//	}
//	mux.Handle("/logs", d)
//	p, err := d.Prober(logdrain.ServiceP95)
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx)
//
// A [Drain] is an [http.Handler] for the posts, and has a [probe.Prober] for each [Signal]. It keeps numbers only: no
// path, host, address or request id. To recognize repeated lines and posts it keeps keyed hashes of the newest ones.
//
// # Window
//
// Lines count at their own time, not at their arrival, in slots of one second. The window ends with the slot before the
// newest line's, so a stalled drain shows the last known load instead of a falling one. A line may be late or out of
// order by up to the length of the window, and its clock may be 30 s ahead.
//
// # No traffic, or no drain
//
// If no line came for a while, there is no reading. As long as any line comes, no requests means no traffic: runtime
// metrics, the app's own lines, and the router's lines of the bot's heartbeats all prove that the drain works. If the
// heartbeats go through the app's router, set [Options].ExpectRequests: it detects that only the router's lines are
// missing.
//
// # Limits
//
// The router does not report queueing: the wait for a free process inside the dyno is part of the service time. A
// streamed answer's service time is as long as the stream, and counts as at most one minute. WebSockets count as
// requests, without a service time.
package logdrain
