package command

// Unit returns "instance".
func (*Platform) Unit() string { return "instance" }
