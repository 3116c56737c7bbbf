// Command autoscalebot keeps an app fast and its bill small: it requests a heartbeat URL of the app every interval,
// scales its dynos inside the limits of the hour, and tells people what it did and why.
//
// It is set up by environment variables: autoscalebot settings lists them.
package main

import (
	"os"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cli"
)

func main() { os.Exit(cli.Main()) }
