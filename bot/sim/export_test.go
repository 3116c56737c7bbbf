package sim

// ByEvents makes a simulation serve its requests event by event.
func ByEvents(o Options) Options {
	o.events = true
	return o
}
