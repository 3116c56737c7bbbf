package ec2

// Unit returns "instance".
func (*Group) Unit() string { return "instance" }
