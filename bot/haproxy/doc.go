// Package haproxy puts servers behind one or more HAProxies, in one of two ways.
//
// [Runtime] uses the Runtime API of a running HAProxy, over its stats socket. Servers come and go without a reload.
//
// [File] writes haproxy.cfg from a template, has HAProxy check it, and reloads HAProxy, on this machine or on others.
//
// Neither stores anything. HAProxy's processes, or its configuration file, say who is behind it.
package haproxy
