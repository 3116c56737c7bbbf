package digitaloceantest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) addTag(name string) {
	if !s.hasTag(name) {
		s.tags = append(s.tags, name)
	}
}

func (s *Server) hasTag(name string) bool {
	return slices.ContainsFunc(s.tags, func(t string) bool { return strings.EqualFold(t, name) })
}

func (s *Server) tagObject(name string) object {
	n, last := 0, ""
	for _, d := range s.droplets {
		if d.hasTag(name) {
			n++
			last = fmt.Sprintf("%s/v2/droplets/%d", s.URL, d.ID)
		}
	}
	of := func(n int, last string) object {
		o := object{"count": n}
		if last != "" {
			o["last_tagged_uri"] = last
		}
		return o
	}
	all := of(n, last)
	all["droplets"] = of(n, last)
	for _, kind := range []string{"images", "volumes", "volume_snapshots", "databases"} {
		all[kind] = of(0, "")
	}
	return object{"name": name, "resources": all}
}

func (s *Server) routeTags(r *http.Request, parts []string, in object) reply {
	name := parts[0]
	switch {
	case r.Method == http.MethodGet && name == "":
		var list []object
		for _, t := range s.tags {
			list = append(list, s.tagObject(t))
		}
		return s.list(r, "tags", list)
	case r.Method == http.MethodPost && name == "":
		name = text(in, "name")
		if !tagName.MatchString(name) {
			return unprocessable("Tag name is invalid.")
		}
		s.addTag(name)
		return reply{http.StatusCreated, object{"tag": s.tagObject(name)}}
	case !s.hasTag(name):
		return missing()
	case r.Method == http.MethodGet && parts[1] == "":
		return ok("tag", s.tagObject(name))
	case parts[1] == "resources" && (r.Method == http.MethodPost || r.Method == http.MethodDelete):
		return s.tagResources(name, r.Method == http.MethodPost, anys(in["resources"]))
	}
	return missing()
}

// All or none get or lose the tag.
func (s *Server) tagResources(name string, on bool, resources []any) reply {
	var droplets []*droplet
	for _, v := range resources {
		o, _ := v.(object)
		id, err := strconv.Atoi(text(o, "resource_id"))
		d := s.droplet(id)
		if err != nil || d == nil || text(o, "resource_type") != "droplet" {
			return missing()
		}
		droplets = append(droplets, d)
	}
	for _, d := range droplets {
		switch {
		case !on:
			d.Tags = slices.DeleteFunc(d.Tags, func(t string) bool { return strings.EqualFold(t, name) })
		case !d.hasTag(name):
			d.Tags = append(d.Tags, name)
		}
	}
	s.retag()
	return reply{status: http.StatusNoContent}
}
