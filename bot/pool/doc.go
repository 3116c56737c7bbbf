// Package pool is a platform whose dynos are servers: each is made by a provider, waited for, put behind a load balancer, drained,
// and destroyed.
//
// What is hard about that is here, once. A [Provider] and a [Balancer] only do what they are told, one call at a time, and tell what
// there is. The pool keeps nothing of its own that matters: which servers are its own is what the provider's tag says, and which of
// them take requests is what the balancer says. So a bot that was killed between any two calls goes on where it was.
package pool
