package pool

// Unit returns "server".
func (*Pool) Unit() string { return "server" }
