// Package logdrain reads an app's load from its log, as Heroku's Logplex posts it to an HTTPS drain: requests per
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
// A [Drain] is an [http.Handler] for the posts, and gives a [probe.Prober] for each [Signal]. It keeps numbers only: no
// path, host, address or request id, but for a keyed hash of the newest lines and posts, by which it knows those that
// come twice.
//
// # Window
//
// Lines count by their own time, not by when they came, in slots of a second. The window ends with the slot before that
// of the newest line, so that a drain that stands still shows what was last, and not a load that falls. A line may come
// late or out of order by as much as the window is long, and its clock may be 30 s ahead.
//
// # No traffic, or no drain
//
// When no line came for a while there is no reading. As long as any line comes, no requests means no traffic: the
// dynos' runtime metrics, the app's own lines, and the router's lines of the bot's heartbeats all show that the drain
// lives. Where the heartbeats go through the app's router, [Options].ExpectRequests holds against the router's lines
// alone being delayed.
//
// # What is not there
//
// The router tells nothing of a queue: how long a request waited for a process of its dyno is a part of its service
// time. A streamed answer's service time is as long as the stream, and counts as a minute at most. WebSockets count as
// requests, and have no time.
package logdrain
