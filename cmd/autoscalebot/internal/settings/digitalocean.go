package settings

// DigitalOcean are the settings of droplets.
type DigitalOcean struct {
	DigitalOceanToken        Secret `group:"DigitalOcean" envconfig:"DIGITALOCEAN_TOKEN" once:"true" desc:"The API token, with the scopes that docs/pools/digitalocean.md names."`
	DigitalOceanRegion       Text   `envconfig:"DIGITALOCEAN_REGION" desc:"Where droplets are made, such as ''fra1''."`
	DigitalOceanImage        Text   `envconfig:"DIGITALOCEAN_IMAGE" desc:"What they are made from: the id of a snapshot, as ''autoscalebot servers images'' lists them, or its name (the newest of that name is taken), or the slug of a public image such as ''debian-12-x64''."`
	DigitalOceanSSHKeys      List   `envconfig:"DIGITALOCEAN_SSH_KEYS" desc:"The ids or fingerprints of the SSH keys that they let in, as a list."`
	DigitalOceanVPC          Text   `envconfig:"DIGITALOCEAN_VPC" desc:"The id of the VPC that they are in; by default the region's own."`
	DigitalOceanAddress      Word   `envconfig:"DIGITALOCEAN_ADDRESS" default:"private" desc:"At which of its addresses a droplet is reached: ''private'' or ''public''."`
	DigitalOceanTags         List   `envconfig:"DIGITALOCEAN_TAGS" desc:"More tags that new droplets get, as a list, for instance one that a firewall is bound to."`
	DigitalOceanUserData     Text   `envconfig:"DIGITALOCEAN_USER_DATA_FILE" desc:"A file with the user data that a droplet gets for its first boot, such as a cloud-init document."`
	DigitalOceanLoadBalancer Text   `envconfig:"DIGITALOCEAN_LOAD_BALANCER" desc:"The id of the load balancer, for ''POOL_BALANCER=digitalocean''."`
	DigitalOceanAPIURL       Text   `envconfig:"DIGITALOCEAN_API_URL" once:"true" default:"https://api.digitalocean.com" desc:"Where the API is, with plain http only on a loopback address."`
}

func (ps *Problems) checkDigitalOcean(s *Settings) {
	ps.need("DIGITALOCEAN_TOKEN", s.DigitalOceanToken.Reveal(),
		"make one at https://cloud.digitalocean.com/account/api/tokens")
	ps.need("DIGITALOCEAN_REGION", string(s.DigitalOceanRegion), "where droplets are made, such as fra1")
	ps.need("DIGITALOCEAN_IMAGE", string(s.DigitalOceanImage),
		"what droplets are made from; autoscalebot servers images lists your snapshots")
	if len(s.Sizes) == 0 {
		ps.need("SIZES", "", "the size of droplets, such as s-1vcpu-1gb; autoscalebot servers sizes lists them")
	}
	ps.checkAPIURL("DIGITALOCEAN_API_URL", string(s.DigitalOceanAPIURL), "the token", "https://api.digitalocean.com")
	ps.oneOf("DIGITALOCEAN_ADDRESS", s.DigitalOceanAddress, "private", "public")
	ps.readable("DIGITALOCEAN_USER_DATA_FILE", s.DigitalOceanUserData)
}

func (ps *Problems) checkDigitalOceanBalancer(s *Settings) {
	ps.need("DIGITALOCEAN_LOAD_BALANCER", string(s.DigitalOceanLoadBalancer),
		"the id of the load balancer, as from: doctl compute load-balancer list")
}
