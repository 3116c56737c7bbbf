package heroku

// Unit returns "dyno".
func (*Platform) Unit() string { return "dyno" }
