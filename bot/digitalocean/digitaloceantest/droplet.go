package digitaloceantest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Droplet is a server.
type Droplet struct {
	// ID is a number; 0 lets AddDroplet choose.
	ID int
	// Name, not necessarily unique.
	Name string
	// Status is "new", "active", "off" or "archive"; "" means "active".
	Status string
	// Size and Region are slugs; "" means s-1vcpu-1gb, and fra1.
	Size, Region string
	// Disk is the disk's size in GB; 0 means the default of the size.
	Disk int
	// Image is the id of the image it was made from; 0 means ubuntu-24-04-x64.
	Image int
	Tags  []string
	// VPC is the UUID of its network; "" means the region's default.
	VPC string
	// UserData, SSHKeys, Monitoring and Private are from the order. A private droplet has no public address.
	UserData   string
	SSHKeys    []string
	Monitoring bool
	Private    bool
	// Created is the time of the order; zero means now.
	Created time.Time
}

type droplet struct {
	Droplet
	networked bool // its addresses are assigned
}

// AddDroplet adds a droplet, as another user of the account would, and returns its id. It panics if the size, region or
// image does not exist.
func (s *Server) AddDroplet(d Droplet) (id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Status = cmp.Or(d.Status, "active")
	added := s.addDroplet(d)
	added.networked = d.Status != "new"
	s.retag()
	return added.ID
}

// Droplets returns all droplets, in order of creation.
func (s *Server) Droplets() []Droplet {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	var list []Droplet
	for _, d := range s.droplets {
		copied := d.Droplet
		copied.Tags = slices.Clone(d.Tags)
		list = append(list, copied)
	}
	return list
}

// Droplet returns a droplet; ok is false if it does not exist.
func (s *Server) Droplet(id int) (Droplet, bool) {
	for _, d := range s.Droplets() {
		if d.ID == id {
			return d, true
		}
	}
	return Droplet{}, false
}

// Change changes a droplet, as another user of the account would. It panics if it does not exist.
func (s *Server) Change(id int, f func(*Droplet)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.droplet(id)
	if d == nil {
		panic(fmt.Sprintf("digitaloceantest: no droplet %d", id))
	}
	f(&d.Droplet)
	s.retag()
}

// RemoveDroplet removes a droplet at once, as another user of the account would.
func (s *Server) RemoveDroplet(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(id)
}

func (s *Server) addDroplet(d Droplet) *droplet {
	if d.ID == 0 {
		d.ID = s.nextID()
	}
	d.Size, d.Region = cmp.Or(d.Size, "s-1vcpu-1gb"), cmp.Or(d.Region, "fra1")
	d.Image, d.VPC = cmp.Or(d.Image, s.image("ubuntu-24-04-x64").ID), cmp.Or(d.VPC, uuid("vpc "+d.Region))
	if d.Created.IsZero() {
		d.Created = time.Now()
	}
	z, known := sizeOf(d.Size)
	if !known || regionObject(d.Region) == nil || s.image(float64(d.Image)) == nil {
		panic(fmt.Sprintf("digitaloceantest: unknown size %q, region %q or image %d", d.Size,
			d.Region, d.Image))
	}
	d.Disk = cmp.Or(d.Disk, z.disk)
	added := &droplet{Droplet: d}
	s.droplets = append(s.droplets, added)
	return added
}

func (s *Server) droplet(id int) *droplet {
	for _, d := range s.droplets {
		if d.ID == id {
			return d
		}
	}
	return nil
}

func (s *Server) remove(id int) {
	s.droplets = slices.DeleteFunc(s.droplets, func(d *droplet) bool { return d.ID == id })
	for _, b := range s.balancers {
		b.DropletIDs = slices.DeleteFunc(b.DropletIDs, func(member int) bool { return member == id })
	}
}

func (d *droplet) hasTag(tag string) bool {
	return slices.ContainsFunc(d.Tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

func (s *Server) dropletObject(d *droplet) object {
	z, _ := sizeOf(d.Size)
	v4 := []object{}
	if d.networked {
		n := d.ID / 7 % 65000
		v4 = append(v4, object{
			"ip_address": fmt.Sprintf("10.110.%d.%d", n/250, n%250+2), "netmask": "255.255.0.0",
			"gateway": "10.110.0.1", "type": "private",
		})
		if !d.Private {
			v4 = append(v4, object{
				"ip_address": fmt.Sprintf("203.0.%d.%d", n/250, n%250+2), "netmask": "255.255.0.0",
				"gateway": "203.0.0.1", "type": "public",
			})
		}
	}
	_, snapshots := s.snapshotsOf(d)
	tags := d.Tags
	if tags == nil {
		tags = []string{}
	}
	return object{
		"id": d.ID, "name": d.Name, "memory": z.memory, "vcpus": z.cpus, "disk": d.Disk,
		"locked": s.underWay(d) != nil, "status": d.Status,
		"created_at": stamp(d.Created), "features": []string{"private_networking"}, "backup_ids": []int{},
		"next_backup_window": nil,
		"snapshot_ids":       snapshots, "image": s.image(float64(d.Image)).object(), "volume_ids": []string{},
		"size":      z.object(),
		"size_slug": d.Size, "networks": object{"v4": v4, "v6": []object{}}, "region": regionObject(d.Region),
		"tags": tags, "vpc_uuid": d.VPC,
	}
}

func (s *Server) routeDroplets(r *http.Request, parts []string, in object) reply {
	switch {
	case r.Method == http.MethodPost && parts[0] == "":
		return s.create(in)
	case r.Method == http.MethodGet && parts[0] == "":
		return s.listDroplets(r)
	}
	id, err := strconv.Atoi(parts[0])
	d := s.droplet(id)
	if err != nil || d == nil {
		return missing()
	}
	switch r.Method + " " + parts[1] {
	case "GET ":
		return ok("droplet", s.dropletObject(d))
	case "DELETE ":
		if s.underWay(d) != nil {
			return pending()
		}
		s.begin(d, "destroy", func() { s.remove(d.ID) })
		return reply{status: http.StatusNoContent}
	case "GET snapshots":
		list, _ := s.snapshotsOf(d)
		return s.list(r, "snapshots", list)
	case "GET actions":
		return s.readActions(r, d, parts[2])
	case "POST actions":
		return s.act(d, in)
	}
	return missing()
}

func (s *Server) listDroplets(r *http.Request) reply {
	q := r.URL.Query()
	list := []object{}
	for _, d := range s.droplets {
		if tag := q.Get("tag_name"); tag != "" && !d.hasTag(tag) {
			continue
		}
		if name := q.Get("name"); name != "" && !strings.EqualFold(name, d.Name) {
			continue
		}
		list = append(list, s.dropletObject(d))
	}
	return s.list(r, "droplets", list)
}

func (s *Server) create(in object) reply {
	name := text(in, "name")
	z, known := sizeOf(text(in, "size"))
	image := s.image(in["image"])
	region := text(in, "region")
	var tags, keys []string
	for _, v := range anys(in["tags"]) {
		tags = append(tags, fmt.Sprint(v))
	}
	for _, v := range anys(in["ssh_keys"]) {
		key, found := s.key(v)
		if !found {
			return unprocessable("%v are invalid key identifiers for Droplet creation.", v)
		}
		keys = append(keys, key)
	}
	switch {
	case len(name) > 255 || !hostName.MatchString(name):
		return unprocessable("Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)")
	case regionObject(region) == nil:
		return unprocessable("You specified an invalid region for Droplet creation.")
	case !known:
		return unprocessable("You specified an invalid size for Droplet creation.")
	case !z.available || !slices.Contains(z.regions, region):
		return unprocessable("Size is not available in this region.")
	case image == nil:
		return unprocessable("You specified an invalid image for Droplet creation.")
	case !slices.Contains(image.Regions, region):
		return unprocessable("Image is not available in this region.")
	case image.MinDisk > z.disk:
		return unprocessable("The image requires a larger disk than the size has.")
	case slices.ContainsFunc(tags, func(t string) bool { return !tagName.MatchString(t) }):
		return unprocessable("Tag name is invalid.")
	case len(text(in, "user_data")) > 64<<10:
		return unprocessable("User data is too large.")
	case len(s.droplets) >= s.limit:
		return unprocessable("creating this/these droplet(s) will exceed your droplet limit")
	}
	monitoring, _ := in["monitoring"].(bool)
	public, said := in["public_networking"].(bool)
	d := s.addDroplet(Droplet{
		Name: name, Status: "new", Size: z.slug, Region: region, Image: image.ID, Tags: tags, VPC: text(in, "vpc_uuid"),
		UserData: text(in, "user_data"), SSHKeys: keys, Monitoring: monitoring, Private: said && !public,
	})
	for _, t := range tags {
		s.addTag(t)
	}
	a := s.begin(d, "create", func() { d.Status, d.networked = "active", true })
	s.retag()
	return reply{http.StatusAccepted, object{
		"droplet": s.dropletObject(d),
		"links": object{"actions": []object{{
			"id": a.ID, "rel": "create",
			"href": fmt.Sprintf("%s/v2/actions/%d", s.URL, a.ID),
		}}},
	}}
}

func (s *Server) key(v any) (string, bool) {
	for id, fingerprint := range s.keys {
		if v == float64(id) || v == fingerprint || v == strconv.Itoa(id) {
			return fingerprint, true
		}
	}
	return "", false
}

func anys(v any) []any {
	list, _ := v.([]any)
	return list
}

var (
	hostName = regexp.MustCompile(`^[a-zA-Z0-9]?[a-z0-9A-Z.\-]*[a-z0-9A-Z]$`)
	tagName  = regexp.MustCompile(`^[a-zA-Z0-9_\-:]{1,255}$`)
)
