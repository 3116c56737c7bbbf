package local

// Unit returns "process".
func (*Platform) Unit() string { return "process" }
