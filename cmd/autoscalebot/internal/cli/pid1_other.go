//go:build !unix

package cli

// asInit does nothing where no process waits for others' children.
func asInit() (code int, ended bool) { return 0, false }

func readyToCrash() {}
