// Package haproxy puts servers behind HAProxy, one or several, in one of two ways.
//
// [Runtime] speaks the Runtime API of a HAProxy that runs, over its stats socket: servers come and go without a reload.
// [File] writes haproxy.cfg from a template, has HAProxy check it, and reloads, on this machine or on others.
//
// Neither keeps anything of its own: who is behind HAProxy is what HAProxy's processes or its file say each time.
package haproxy
