//go:build linux

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
)

func TestAnImageIsPrepared(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := c.env()
	file := filepath.Join(t.TempDir(), "pool.env")
	if err := os.WriteFile(file, []byte("SIZES=s-1vcpu-1gb\nDIGITALOCEAN_IMAGE=ubuntu-24-04-x64\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"autoscalebot:web"}})
	c.once(env, exitFine, "image prepare --name spring --write "+file, "create the temporary server web-image-1 of size s-1vcpu-1gb (price: $0.008", "make the image spring of it",
		"create the temporary server web-image-2", "it boots from the new image, and is then destroyed", "save its ID in "+file, "destroy web-image-1 nothing was done. Add --yes")
	if len(c.Droplets()) != 1 || len(c.Images()) != 1 {
		t.Fatal("a dry run made something")
	}
	c.once(env, exitWork, "image prepare --write /nowhere/pool.env", "/nowhere/pool.env: no such file")
	c.once(env, exitWork, "image prepare --script /nowhere/setup.sh", "/nowhere/setup.sh: no such file")

	// An image that does not boot is not written to the settings, and the command names the servers left.
	short := append(env, "POOL_HEALTHY_WITHIN_IN_SECONDS=2")
	c.sick.Store(true)
	c.once(short, exitWork, "image prepare --name spring --write "+file+" --yes", "wait until web-image-1 is healthy: web-image-1 is not healthy: it answered with status 503 after 2s",
		"exists and costs money. Repeat the command to continue, or run POOL_NAME=web-image autoscalebot servers destroy web-image-1 --yes to destroy it")
	c.sick.Store(false)

	// It continues with the existing server.
	c.once(env, exitFine, "image prepare --name spring --write "+file+" --yes", "the image spring is ", ", saved as DIGITALOCEAN_IMAGE in "+file)
	images := c.Images()
	noted, err := os.ReadFile(file)
	if want := fmt.Sprintf("SIZES=s-1vcpu-1gb\nDIGITALOCEAN_IMAGE=%d\n", images[len(images)-1].ID); err != nil || images[len(images)-1].Name != "spring" || string(noted) != want {
		t.Errorf("the file is %q, want %q; the images are %v", noted, want, images)
	}
	for _, d := range c.Droplets() {
		if strings.HasPrefix(d.Name, "web-image") {
			t.Errorf("%s is left", d.Name)
		}
	}
	if n := c.Count("POST", "/v2/droplets"); n != 2 {
		t.Errorf("%d droplets were ordered, want one to make the image of, and one to boot from it", n)
	}
	// A server of the pool.
	c.once(env, exitFine, "image prepare --server web-1 --name summer --yes", "the image summer is ", "DIGITALOCEAN_IMAGE=")
	if names := c.names("web"); len(names) != 1 {
		t.Errorf("the pool has %v", names)
	}
}
