// Package pool is a platform whose dynos are servers: each is made by a provider, waited for, put behind a load
// balancer, drained, and destroyed.
//
// What is hard about that is here, once. A [Provider] and a [Balancer] only do what they are told, one call at a time,
// and tell what there is. The pool keeps nothing of its own that matters: which servers are its own is what the
// provider's tag says, and which of them take requests is what the balancer says. So a bot that was killed between any
// two calls goes on where it was.
//
// Every pass reads all of that afresh, with the health of each server; a pure function plans from it what is due, and
// why; and the plan is carried out, one call after the other. Nothing waits inside a pass: what a call leads to is seen
// by the next ones. Where anything cannot be read, nothing is changed. This is the way of a server:
//
//	                     runs          health check         Add           balancer
//	  Create             5 min         passes, 5 min        2 min         sends requests
//	─────────► making ─────────► checking ─────────► ready ─────► joining ─────────► serving ◄──► down
//	              │                  │                 │             │                  │           │
//	              │ too late, or     │ too late, or    │ not wanted  │ too late, or     │ too many, fails for 5 min,
//	              │ cannot be made,  │ not wanted      │ any more    │ not wanted       │ of another size, by hand
//	              │ or not wanted    │                 │             ▼                  ▼           │
//	              │                  │                 │         draining ◄─────────────────────────┘
//	              │                  │                 │             │   │ ▲
//	              │                  │                 │             │   │ └── Add: wanted again (back to serving)
//	              │                  │                 │   no request│   │ 60 s
//	              │                  │                 │             ▼   ▼
//	              │                  │                 │           drained
//	              │                  │                 │             │ Remove
//	              ▼                  ▼                 ▼             ▼
//	              └──────────────────┴──── Destroy ────┴─────────────┘──► ending ──► gone
//
// A server that the balancer lists as serving is never destroyed, one without the pool's tag never touched. All that
// may cost money counts towards the maximum, orders whose outcome is unknown among them. A server that fails its health
// check does not count towards the minimum.
//
// A server that is off is switched on where the provider is a [Resizer], whoever switched it off: so a resize in its
// place that was cut off costs no more downtime than it must. Where that does not work out within ReplaceAfter another
// takes its place, as where it cannot be.
//
// After a start, as many servers are wanted as are there and not on their way out, until somebody asks for something
// else. New servers are of the size that the options say; those of another size are exchanged as after
// [Pool.SetDynoSize]. A server that is being drained goes, whoever began that, but for one that is well where more are
// wanted and there is no room for another beside it.
//
// A server that was being made in the place of one of another size is known by its size after a start, and goes on as
// that, unless both serve at that moment. One in the place of one that fails is not told from one that is wanted beside
// it, as it is no time to have too few. So there may be one more than before, within the maximum, until somebody asks
// for another number. The log of the start tells how many are wanted.
//
// Each rule has a file: what is counted at a start (start.go), the maximum, the minimum and who goes first (balance.go,
// grow.go), the cap on costs (cost.go), new servers and their deadlines (halfmade.go), servers that fail or are of
// another size (replace.go), resizing in place and the maintenance window (inplace.go), servers that are off
// (switchon.go), the way out (leave.go), and what counts as stuck (stuck.go).
package pool
