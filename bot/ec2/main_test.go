package ec2_test

import (
	"os"
	"strings"
	"testing"
)

// The tests don't depend on who runs them: AWS's own variables and files are not read, unless a test sets them.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") && name != "AWS_CLI" {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1") // and not that of the machine
	os.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	os.Exit(m.Run())
}
