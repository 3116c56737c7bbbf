package sim

func ByEvents(o Options) Options {
	o.events = true
	return o
}
