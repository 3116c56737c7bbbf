// Package pool is a platform whose units are servers. It creates each server through a provider, waits until it is
// healthy, puts it behind a load balancer, drains it and destroys it.
//
// A [Provider] and a [Balancer] only carry out single calls and report what exists. The pool stores nothing that it
// needs: the provider's tag marks its servers, and the balancer knows which of them get requests. A bot that was killed
// between two calls therefore continues where it stopped.
//
// Each pass reads the servers, the balancer's members and every server's health. A pure function plans what to do and
// why, and the pass carries out the plan call by call. A pass never waits for a result: later passes see it. If
// anything cannot be read, the pass changes nothing. A server goes through these stages:
//
//	                     runs          health check         Add           balancer
//	  Create             5 min         passes, 5 min        2 min         sends requests
//	─────────► making ─────────► checking ─────────► ready ─────► joining ─────────► serving ◄──► down
//	              │                  │                 │             │                  │           │
//	              │ too late,        │ too late,       │ not needed  │ too late,        │ surplus, failing for 5 min,
//	              │ cannot be made,  │ not needed      │             │ not needed       │ wrong size, drained manually
//	              │ not needed       │                 │             ▼                  ▼           │
//	              │                  │                 │         draining ◄─────────────────────────┘
//	              │                  │                 │             │   │ ▲
//	              │                  │                 │             │   │ └── Add: needed again (back to serving)
//	              │                  │                 │   no request│   │ 60 s
//	              │                  │                 │             ▼   ▼
//	              │                  │                 │           drained
//	              │                  │                 │             │ Remove
//	              ▼                  ▼                 ▼             ▼
//	              └──────────────────┴──── Destroy ────┴─────────────┘──► ending ──► gone
//
// The pool never destroys a server that the balancer lists as serving, and never touches one without the pool's tag.
// Everything that may cost money counts towards the maximum, including orders whose outcome is unknown. A server that
// fails its health check does not count towards the minimum.
//
// If the provider is a [Resizer], the pool switches on any server that is off, no matter who switched it off. An
// interrupted resize in place then costs no extra downtime. If the server does not come back within ReplaceAfter, the
// pool replaces it.
//
// After a start, the desired number is the number of servers that exist and are not leaving, until [Pool.Resize] asks
// for another. New servers get the size from the options; servers of another size are replaced as after
// [Pool.SetDynoSize]. A server that was already draining leaves, no matter who drained it. The exception is a healthy
// one that is needed when the maximum leaves no room for another.
//
// A start can interrupt a replacement. The pool recognizes a replacement for the sake of size by the new server's size,
// unless both servers already serve. It cannot tell a replacement for a failing server from an additional one, and
// counts both: too many is safer than too few. The pool may then have one server more than before, within the maximum,
// until somebody asks for another number. The log line at the start gives the desired number.
//
// Each rule has a file: the count at a start (start.go), the maximum, the minimum and who leaves first (balance.go,
// grow.go), the cost limit (cost.go), new servers and their deadlines (halfmade.go), replacing servers (replace.go),
// resizing in place and the maintenance window (inplace.go), servers that are off (switchon.go), draining and
// destroying (leave.go), and stuck changes (stuck.go).
package pool
