package cloudfoundry

// Unit returns "instance".
func (*Platform) Unit() string { return "instance" }
