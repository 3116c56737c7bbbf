package digitaloceantest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// An Image is a template for droplets.
type Image struct {
	// ID is a number; 0 lets AddImage choose.
	ID int
	// Name of a snapshot, not necessarily unique.
	Name string
	// Type is "snapshot", "custom", "backup" or "base"; "" means "snapshot".
	Type string
	Slug string
	// Regions in which it can be used; none means fra1.
	Regions []string
	// MinDisk is the smallest disk for a droplet, SizeGB the image's own size, in GB; 0 means 25 and 2.5.
	MinDisk int
	SizeGB  float64
	// Status is "available", or that of a custom image that cannot be used yet; "" means "available".
	Status string
	// Created is its creation time; zero means now.
	Created time.Time

	of int // the droplet of a snapshot; 0 if unknown
}

// AddImage adds an image to the account and returns its id.
func (s *Server) AddImage(i Image) (id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addImage(i).ID
}

// Images returns all images, including public ones.
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
