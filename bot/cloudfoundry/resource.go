package cloudfoundry

import "time"

// What is read of the Cloud Controller's resources, as https://v3-apidocs.cloudfoundry.org has them.

// The GUID of a link is empty where it leads to nothing.
type link struct {
	Data struct {
		GUID string `json:"guid"`
	} `json:"data"`
}

type app struct {
	GUID     string `json:"guid"`
	Name     string `json:"name"`
	State    string `json:"state"`
	Metadata struct {
		Labels map[string]*string `json:"labels"`
	} `json:"metadata"`
	Relationships struct {
		Space link `json:"space"`
	} `json:"relationships"`
}

type process struct {
	GUID      string    `json:"guid"`
	Type      string    `json:"type"`
	Instances int       `json:"instances"`
	MemoryMB  int       `json:"memory_in_mb"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// The state of an instance is RUNNING, CRASHED, STARTING or DOWN; its details say why there is no place for it.
type instance struct {
	State   string  `json:"state"`
	Details *string `json:"details"`
}

type deployment struct {
	Status struct {
		Value string `json:"value"`
	} `json:"status"`
	CreatedAt time.Time `json:"created_at"`
}

type droplet struct {
	CreatedAt time.Time `json:"created_at"`
}

type route struct {
	URL           string `json:"url"`
	Protocol      string `json:"protocol"`
	Relationships struct {
		Domain link `json:"domain"`
	} `json:"relationships"`
}

type domain struct {
	Internal bool `json:"internal"`
}

// An owner is an org or a space; only a space has an org.
type owner struct {
	GUID          string `json:"guid"`
	Relationships struct {
		Organization link `json:"organization"`
		Quota        link `json:"quota"`
	} `json:"relationships"`
}

// What is null or 0 in a quotaResource has no limit.
type quotaResource struct {
	Name string `json:"name"`
	Apps struct {
		MemoryMB   int `json:"total_memory_in_mb"`
		Instances  int `json:"total_instances"`
		InstanceMB int `json:"per_process_memory_in_mb"`
	} `json:"apps"`
}
