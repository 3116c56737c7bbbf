package digitaloceantest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// An Image is what droplets are made from.
type Image struct {
	// ID is a number; 0 lets AddImage choose one.
	ID int
	// Name is a snapshot's, and need not be the only one of that name.
	Name string
	// Type is "snapshot", "custom", "backup" or "base"; "" means "snapshot".
	Type string
	Slug string
	// Regions are where it can be used; none means fra1.
	Regions []string
	// MinDisk and SizeGB are the least disk of a droplet of it, and its own size, in GB; 0 means 25 and 2.5.
	MinDisk int
	SizeGB  float64
	// Status is "available", or another of a custom image that cannot be used yet; "" means "available".
	Status string
	// Created is when it was made; the zero time means now.
	Created time.Time

	of int // the droplet that it is a snapshot of, 0 for none that is known
}

// AddImage adds an image to the account, and gives its number.
func (s *Server) AddImage(i Image) (id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addImage(i).ID
}

// Images gives all images, the public ones too.
func (s *Server) Images() []Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	var list []Image
	for _, i := range s.images {
		list = append(list, *i)
	}
	return list
}

func (s *Server) addImage(i Image) *Image {
	if i.ID == 0 {
		i.ID = s.nextID()
	}
	i.Type, i.MinDisk, i.SizeGB = cmp.Or(i.Type, "snapshot"), cmp.Or(i.MinDisk, 25), cmp.Or(i.SizeGB, 2.5)
	if len(i.Regions) == 0 {
		i.Regions = []string{"fra1"}
	}
	if i.Created.IsZero() {
		i.Created = time.Now()
	}
	s.images = append(s.images, &i)
	return &i
}

func (s *Server) image(key any) *Image {
	for _, i := range s.images {
		if n, ok := key.(float64); ok && i.ID == int(n) {
			return i
		}
		if name, ok := key.(string); ok && name != "" && (i.Slug == name || strconv.Itoa(i.ID) == name) {
			return i
		}
	}
	return nil
}

func (i *Image) public() bool { return i.Type == "base" }

func (i *Image) object() object {
	var slug any
	if i.Slug != "" {
		slug = i.Slug
	}
	return object{
		"id": i.ID, "name": i.Name, "type": i.Type, "distribution": "Ubuntu", "slug": slug, "public": i.public(),
		"regions":    i.Regions,
		"created_at": stamp(i.Created), "min_disk_size": i.MinDisk, "size_gigabytes": i.SizeGB, "description": "",
		"tags":   []string{},
		"status": cmp.Or(i.Status, "available"), "error_message": "",
	}
}

func (i *Image) snapshotObject() object {
	return object{
		"id": strconv.Itoa(i.ID), "name": i.Name, "created_at": stamp(i.Created), "regions": i.Regions,
		"resource_id":   strconv.Itoa(i.of),
		"resource_type": "droplet", "min_disk_size": i.MinDisk, "size_gigabytes": i.SizeGB, "tags": []string{},
	}
}

func (s *Server) readImages(r *http.Request, key string) reply {
	if key != "" {
		if i := s.image(key); i != nil {
			return ok("image", i.object())
		}
		return missing()
	}
	q := r.URL.Query()
	var list []object
	for _, i := range s.images {
		if q.Get("private") == "true" && i.public() || q.Get("type") == "distribution" && !i.public() ||
			q.Get("type") == "application" {
			continue
		}
		list = append(list, i.object())
	}
	return s.list(r, "images", list)
}

func (s *Server) readSnapshots(r *http.Request, key string) reply {
	if key != "" {
		if i := s.image(key); i != nil && i.Type == "snapshot" {
			return ok("snapshot", i.snapshotObject())
		}
		return missing()
	}
	var list []object
	for _, i := range s.images {
		if i.Type == "snapshot" && r.URL.Query().Get("resource_type") != "volume" {
			list = append(list, i.snapshotObject())
		}
	}
	return s.list(r, "snapshots", list)
}

func (s *Server) snapshotsOf(d *droplet) (list []object, ids []int) {
	ids = []int{}
	for _, i := range s.images {
		if i.of == d.ID {
			list = append(list, object{
				"id": i.ID, "name": i.Name, "created_at": stamp(i.Created), "regions": slices.Clone(i.Regions),
				"min_disk_size":  i.MinDisk,
				"size_gigabytes": i.SizeGB, "type": "snapshot",
			})
			ids = append(ids, i.ID)
		}
	}
	return list, ids
}
