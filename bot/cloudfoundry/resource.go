package cloudfoundry

import "time"

// The fields used of the Cloud Controller's resources (https://v3-apidocs.cloudfoundry.org).

// GUID is empty if the link leads nowhere.
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

// State is RUNNING, CRASHED, STARTING or DOWN. Details say why there is no place for the instance.
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

// An org or a space; only a space has an org.
type owner struct {
	GUID          string `json:"guid"`
	Relationships struct {
		Organization link `json:"organization"`
		Quota        link `json:"quota"`
	} `json:"relationships"`
}

// null or 0 means no limit.
type quotaResource struct {
	Name string `json:"name"`
	Apps struct {
		MemoryMB   int `json:"total_memory_in_mb"`
		Instances  int `json:"total_instances"`
		InstanceMB int `json:"per_process_memory_in_mb"`
	} `json:"apps"`
}
