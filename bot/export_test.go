package bot

import "time"

// Applied is the state after a change that the platform accepted, as the tick makes it.
func Applied(st State, now time.Time, from, to int) State {
	st.asked(now, from, to)
	st.scaled(now, from, to)
	st.Dynos = to
	return st
}
