// Command bareclient requests a URL with Go's own HTTP client and does nothing else: what the start of the bot is
// measured against.
package main

import (
	"net/http"
	"os"
)

func main() {
	resp, err := http.Get(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	resp.Body.Close()
}
