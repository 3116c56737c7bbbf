package digitaloceantest

import (
	"crypto/sha1"
	"fmt"
	"maps"
	"slices"
)

type region struct{ slug, name string }

func regions() []region { return []region{{"fra1", "Frankfurt 1"}, {"nyc3", "New York 3"}} }

func regionSlugs() []string {
	var slugs []string
	for _, r := range regions() {
		slugs = append(slugs, r.slug)
	}
	return slugs
}

func regionObjects() []object {
	var list []object
	for _, r := range regions() {
		list = append(list, regionObject(r.slug))
	}
	return list
}

func regionObject(slug string) object {
	for _, r := range regions() {
		if r.slug != slug {
			continue
		}
		var sold []string
		for _, z := range sizes() {
			if z.available && slices.Contains(z.regions, slug) {
				sold = append(sold, z.slug)
			}
		}
		return object{
			"name": r.name, "slug": r.slug,
			"features":  []string{"backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"},
			"available": true, "sizes": sold,
		}
	}
	return nil
}

// The prices are those of the basic plans in 2026. The hourly price is 1/672 of the monthly one.
type size struct {
	slug               string
	memory, cpus, disk int // MB, number, GB
	month              float64
	regions            []string
	available          bool
}

func sizes() []size {
	everywhere := regionSlugs()
	return []size{
		{"s-1vcpu-512mb-10gb", 512, 1, 10, 4, []string{"nyc3"}, true},
		{"s-1vcpu-1gb", 1024, 1, 25, 6, everywhere, true},
		{"s-1vcpu-2gb", 2048, 1, 50, 12, everywhere, true},
		{"s-2vcpu-2gb", 2048, 2, 60, 18, everywhere, true},
		{"s-2vcpu-4gb", 4096, 2, 80, 24, everywhere, true},
		{"s-4vcpu-8gb", 8192, 4, 160, 48, everywhere, true},
		{"c-2", 4096, 2, 25, 42, []string{"nyc3"}, true},
		{"s-8vcpu-16gb", 16384, 8, 320, 96, everywhere, false},
	}
}

func sizeOf(slug string) (size, bool) {
	for _, z := range sizes() {
		if z.slug == slug {
			return z, true
		}
	}
	return size{}, false
}

func sizeObjects() []object {
	var list []object
	for _, z := range sizes() {
		list = append(list, z.object())
	}
	return list
}

func (z size) object() object {
	return object{
		"slug": z.slug, "memory": z.memory, "vcpus": z.cpus, "disk": z.disk, "transfer": float64(z.cpus),
		"price_monthly": z.month,
		"price_hourly":  z.hourly(), "regions": z.regions, "available": z.available, "description": "Basic",
	}
}

func (z size) hourly() float64 { return float64(int(z.month/672*100_000+0.5)) / 100_000 }

func (s *Server) keyObjects() []object {
	var list []object
	for _, id := range slices.Sorted(maps.Keys(s.keys)) {
		list = append(list, object{
			"id": id, "fingerprint": s.keys[id], "name": fmt.Sprintf("key-%d", id),
			"public_key": "ssh-ed25519 AAAA example",
		})
	}
	return list
}

func uuid(name string) string {
	h := fmt.Sprintf("%x", sha1.Sum([]byte(name)))
	return h[:8] + "-" + h[8:12] + "-5" + h[12:15] + "-8" + h[15:18] + "-" + h[18:30]
}
