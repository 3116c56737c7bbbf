package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestInstancesInArguments(t *testing.T) {
	settingstest.Env(t, "MIN_DYNOS=3", "AUTOSCALE_MAX_INSTANCES=9")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"simulate", "--shape", "flash", "MIN_INSTANCES=2"}, &out, io.Discard); code != exitFine || !strings.Contains(out.String(), " 2 to 9 dynos") {
		t.Errorf("simulate: %d\n%s", code, out.String())
	}
	out.Reset()
	code := run(t.Context(), []string{"simulate", "MIN_DYNOS=1", "MIN_INSTANCES=2"}, io.Discard, &out)
	if code != exitUsage || !strings.Contains(out.String(), "MIN_INSTANCES: is another name of MIN_DYNOS, which is set too") {
		t.Errorf("simulate with both names: %d\n%s", code, out.String())
	}
}
