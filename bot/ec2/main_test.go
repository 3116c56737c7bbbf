package ec2_test

import (
	"os"
	"strings"
	"testing"
)

// The tests ignore AWS's variables and files on this machine, unless a test sets them.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") && name != "AWS_CLI" {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1") // not this machine's
	os.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	os.Exit(m.Run())
}
