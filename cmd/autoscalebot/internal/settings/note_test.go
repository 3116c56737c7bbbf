package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func TestNote(t *testing.T) {
	for _, c := range []struct{ file, before, after string }{
		{"pool.env", "", "DIGITALOCEAN_IMAGE=17\n"},
		{"pool.env", "SIZES=small", "SIZES=small\nDIGITALOCEAN_IMAGE=17\n"},
		{"pool.env", "# DIGITALOCEAN_IMAGE=1\nexport DIGITALOCEAN_IMAGE='web 1' # old\r\nSIZES=small\n", "# DIGITALOCEAN_IMAGE=1\nexport DIGITALOCEAN_IMAGE=17\r\nSIZES=small\n"},
		{"pool.env", "AUTOSCALE_DIGITALOCEAN_IMAGE=web\n", "AUTOSCALE_DIGITALOCEAN_IMAGE=17\n"},
		{"pool.env", "MY_DIGITALOCEAN_IMAGE=web\n", "MY_DIGITALOCEAN_IMAGE=web\nDIGITALOCEAN_IMAGE=17\n"},
		{"pool.yaml", "platform: pool\ndigitalocean_image: web # ours\nsizes: [a, b]\n", "platform: pool\ndigitalocean_image: 17\nsizes: [a, b]\n"},
		{"pool.yml", "processes:\n  web:\n    digitalocean_image: web\n", "processes:\n  web:\n    digitalocean_image: 17\n"},
		{"pool.yml", "platform: pool", "platform: pool\ndigitalocean_image: 17\n"},
		{"pool.env", "DIGITALOCEAN_IMAGE=1\nDIGITALOCEAN_IMAGE=2\n", "the file sets it more than once. Write DIGITALOCEAN_IMAGE=17 in the right place"},
	} {
		path := filepath.Join(t.TempDir(), c.file)
		must(t, os.WriteFile(path, []byte(c.before), 0o640))
		err := settings.Note(path, "DIGITALOCEAN_IMAGE", "17")
		got, rerr := os.ReadFile(path)
		if info, serr := os.Stat(path); rerr != nil || serr != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%v %v, and the file's mode is %v", rerr, serr, info.Mode())
		}
		switch {
		case err != nil && (!strings.Contains(fmt.Sprint(err), c.after) || string(got) != c.before):
			t.Errorf("%q: %v, and the file is %q", c.before, err, got)
		case err == nil && string(got) != c.after:
			t.Errorf("%q becomes %q, want %q", c.before, got, c.after)
		}
	}
	if err := settings.Note(filepath.Join(t.TempDir(), "none.env"), "A", "b"); err == nil {
		t.Error("a file that is not there was noted in")
	}
}
