package ec2test

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CPUs and MiB of each type.
func types() map[string][2]int {
	return map[string][2]int{
		"t3.nano": {2, 512}, "t3.small": {2, 2048}, "t3.large": {2, 8192}, "t3.xlarge": {4, 16384},
		"m7i.large": {2, 8192}, "m7i.48xlarge": {192, 786432}, "m1.small": {1, 1740},
	}
}

func (s *Server) describeInstanceTypes(p url.Values) ([]node, *failure) {
	names := slices.Sorted(maps.Keys(types()))
	if asked := values(p, "InstanceType"); len(asked) > 0 {
		for _, name := range asked {
			if !slices.Contains(names, name) {
				return nil, refuse("InvalidInstanceType",
					"The following supplied instance types do not exist: [%s]", name)
			}
		}
		names = asked
	}
	for filter, wants := range filters(p) {
		switch filter {
		case "bare-metal", "supported-usage-class":
		case "current-generation":
			names = slices.DeleteFunc(names,
				func(n string) bool { return strings.HasPrefix(n, "m1.") == slices.Contains(wants, "true") })
		case "vcpu-info.default-vcpus":
			names = slices.DeleteFunc(names,
				func(n string) bool { return !slices.Contains(wants, strconv.Itoa(types()[n][0])) })
		default:
			return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", filter)
		}
	}
	return paged(s, p, "instanceTypeSet", names, func(n string) []node {
		return []node{
			tx("instanceType", n), el("vCpuInfo", num("defaultVCpus", types()[n][0])),
			el("memoryInfo", num("sizeInMiB", types()[n][1])),
		}
	})
}

type template struct {
	ID, Name, Image, Type string
	Version               int
	Made                  time.Time
}

// AddTemplate adds a launch template, and returns its id.
func (s *Server) AddTemplate(name, image, kind string) (id string) {
	defer s.Lock()()
	t := &template{s.newID("lt-"), name, image, kind, 1, time.Now()}
	s.templates = append(s.templates, t)
	return t.ID
}

func (s *Server) template(p url.Values, prefix, version string) (*template, *failure) {
	id, name := p.Get(prefix+"LaunchTemplateId"), p.Get(prefix+"LaunchTemplateName")
	at := slices.IndexFunc(s.templates, func(t *template) bool {
		return id != "" && t.ID == id ||
			name != "" && t.Name == name
	})
	switch {
	case at < 0 && id != "":
		return nil, refuse("InvalidLaunchTemplateId.NotFound",
			"The specified launch template, with template ID %s, does not exist.", id)
	case at < 0:
		return nil, refuse("InvalidLaunchTemplateName.NotFoundException",
			"The specified launch template, with template name %s, does not exist.", name)
	case version != "" && version != "$Default" && version != "$Latest" &&
		version != strconv.Itoa(s.templates[at].Version):
		return nil, refuse("InvalidLaunchTemplateId.VersionNotFound",
			"Could not find the specified version %s for the launch template with ID %s.",
			version, s.templates[at].ID)
	}
	return s.templates[at], nil
}

func (s *Server) describeLaunchTemplates(p url.Values) ([]node, *failure) {
	found := s.templates
	ids, names := values(p, "LaunchTemplateId"), values(p, "LaunchTemplateName")
	if len(ids)+len(names) > 0 {
		found = nil
		for i, of := range append(ids, names...) {
			key := "LaunchTemplateId"
			if i >= len(ids) {
				key = "LaunchTemplateName"
			}
			t, bad := s.template(url.Values{key: {of}}, "", "")
			if bad != nil {
				return nil, bad
			}
			found = append(found, t)
		}
	}
	for filter, wants := range filters(p) {
		switch {
		case filter == "launch-template-name":
			found = slices.DeleteFunc(slices.Clone(found), func(t *template) bool { return !fit(wants, t.Name) })
		case filter == "tag-key" || strings.HasPrefix(filter, "tag:"): // instance types have no tags
			found = nil
		default:
			return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", filter)
		}
	}
	return paged(s, p, "launchTemplates", found, func(t *template) []node {
		return []node{
			tx("launchTemplateId", t.ID), tx("launchTemplateName", t.Name), at("createTime", t.Made),
			tx("createdBy", "arn:aws:iam::"+account+":user/"+Role), num("defaultVersionNumber", t.Version),
			num("latestVersionNumber", t.Version),
		}
	})
}

func (s *Server) describeLaunchTemplateVersions(p url.Values) ([]node, *failure) {
	t, bad := s.template(p, "", p.Get("LaunchTemplateVersion.1"))
	if bad != nil {
		return nil, bad
	}
	data := el("launchTemplateData")
	if t.Image != "" {
		data.kids = append(data.kids, tx("imageId", t.Image))
	}
	if t.Type != "" {
		data.kids = append(data.kids, tx("instanceType", t.Type))
	}
	return []node{el("launchTemplateVersionSet", el("item",
		tx("launchTemplateId", t.ID), tx("launchTemplateName", t.Name), num("versionNumber", t.Version),
		tx("defaultVersion", "true"), data))}, nil
}

type image struct {
	ID, Name string
	Made     time.Time
	Tags     map[string]string
	Failed   bool
}

// AddImage adds an available image and returns its id.
func (s *Server) AddImage(name string, made time.Time) (id string) {
	defer s.Lock()()
	i := &image{ID: s.newID("ami-"), Name: name, Made: made}
	s.images = append(s.images, i)
	return i.ID
}

// FailImage makes an image fail.
func (s *Server) FailImage(name string) {
	defer s.Lock()()
	for _, i := range s.images {
		i.Failed = i.Failed || i.Name == name
	}
}

func (s *Server) createImage(p url.Values) ([]node, *failure) {
	if bad := s.wantInstance(p.Get("InstanceId"), false); bad != nil {
		return nil, bad
	}
	name := p.Get("Name")
	if at := slices.IndexFunc(s.images, func(i *image) bool { return i.Name == name }); at >= 0 {
		return nil, refuse("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", name, s.images[at].ID)
	}
	i := &image{ID: s.newID("ami-"), Name: name, Made: time.Now(), Tags: tagsOf(p)}
	s.images = append(s.images, i)
	return []node{tx("imageId", i.ID)}, nil
}

func (i *image) state(s *Server) string {
	switch {
	case i.Failed:
		return "failed"
	case time.Since(i.Made) < s.Imaging:
		return pending
	}
	return "available"
}

func (s *Server) describeImages(p url.Values) ([]node, *failure) {
	var found []*image
	ids := values(p, "ImageId")
	for _, i := range s.images {
		fits := time.Since(i.Made) >= s.Lag && (len(ids) == 0 || slices.Contains(ids, i.ID))
		for filter, wants := range filters(p) {
			switch filter {
			case "state":
				fits = fits && slices.Contains(wants, i.state(s))
			case "name":
				fits = fits && fit(wants, i.Name)
			default:
				return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", filter)
			}
		}
		if fits {
			found = append(found, i)
		}
	}
	if len(found) < len(ids) {
		return nil, refuse("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", strings.Join(ids, ", "))
	}
	return paged(s, p, "imagesSet", found, func(i *image) []node {
		nodes := []node{
			tx("imageId", i.ID), tx("name", i.Name), tx("imageState", i.state(s)), tx("imageOwnerId", account),
			at("creationDate", i.Made),
			el("blockDeviceMapping",
				el("item", tx("deviceName", "/dev/xvda"),
					el("ebs", num("volumeSize", 8), tx("deleteOnTermination", "true"))),
				el("item", tx("deviceName", "/dev/xvdb"),
					el("ebs", num("volumeSize", 2), tx("deleteOnTermination", "true")))),
			tagSet(i.Tags),
		}
		if i.Failed {
			nodes = append(nodes, el("stateReason", tx("code", "Server.InternalError"),
				tx("message", "Server.InternalError: Internal error on launch")))
		}
		return nodes
	})
}
