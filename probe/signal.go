package probe

// The signals that several probers read, each by the same name and in the same unit wherever it comes from.
const (
	// RequestsPerSecond counts the requests of a window, RecentRequestsPerSecond those of its last seconds.
	RequestsPerSecond       = "requests_per_second"
	RecentRequestsPerSecond = "recent_requests_per_second"
	// ErrorsPerSecond counts those that failed.
	ErrorsPerSecond = "errors_per_second"
	// ServiceP50, ServiceP95 and ServiceP99 are percentiles of how long the app took for a request, waiting in the app
	// included.
	ServiceP50 = "service_p50"
	ServiceP95 = "service_p95"
	ServiceP99 = "service_p99"
	// Busy is how many requests were in the app at once, on average.
	Busy = "busy"
	// LoadMean and LoadMax are the load of the dynos, the mean and the maximum; MemoryMean and MemoryMax their memory
	// in relation to its quota.
	LoadMean   = "load_mean"
	LoadMax    = "load_max"
	MemoryMean = "memory_mean"
	MemoryMax  = "memory_max"
	// CPU and Memory are how much of either is in use.
	CPU    = "cpu"
	Memory = "memory"
)

// SignalUnit returns the unit of one of these signals, "" for a number that has none, and false for another signal.
func SignalUnit(name string) (unit string, ok bool) {
	switch name {
	case RequestsPerSecond, RecentRequestsPerSecond, ErrorsPerSecond:
		return "requests/s", true
	case ServiceP50, ServiceP95, ServiceP99:
		return "ms", true
	case Busy:
		return "requests", true
	case LoadMean, LoadMax:
		return "", true
	case MemoryMean, MemoryMax, CPU, Memory:
		return "%", true
	}
	return "", false
}
