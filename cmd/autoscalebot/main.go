// Command autoscalebot keeps an app fast and its bill small. It requests a heartbeat URL of the app at a fixed
// interval, scales the app's dynos within the limits now in force, and reports what it did and why.
//
// Its settings are environment variables. autoscalebot settings lists them.
package main

import (
	"os"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cli"
)

func main() { os.Exit(cli.Main()) }
