package probe

// Signals that several probers provide. Each has the same name and unit everywhere.
const (
	// RequestsPerSecond is the rate over a window, RecentRequestsPerSecond over the window's last seconds.
	RequestsPerSecond       = "requests_per_second"
	RecentRequestsPerSecond = "recent_requests_per_second"
	// ErrorsPerSecond is the rate of failed requests.
	ErrorsPerSecond = "errors_per_second"
	// ServiceP50, ServiceP95 and ServiceP99 are percentiles of the time that the app takes for a request, including its
	// wait in the app.
	ServiceP50 = "service_p50"
	ServiceP95 = "service_p95"
	ServiceP99 = "service_p99"
	// Busy is the mean number of requests in the app at once.
	Busy = "busy"
	// LoadMean and LoadMax are the mean and the highest load of the dynos. MemoryMean and MemoryMax are their memory as
	// a percentage of its quota.
	LoadMean   = "load_mean"
	LoadMax    = "load_max"
	MemoryMean = "memory_mean"
	MemoryMax  = "memory_max"
	// CPU and Memory are the percentages in use.
	CPU    = "cpu"
	Memory = "memory"
)

// SignalUnit returns the unit of one of these signals, "" for a number without a unit. It returns false for other
// signals.
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
