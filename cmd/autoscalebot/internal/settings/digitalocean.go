package settings

// DigitalOcean configures droplets.
type DigitalOcean struct {
	DigitalOceanToken        Secret `envconfig:"DIGITALOCEAN_TOKEN" once:"true" desc:"API token; docs/pools/digitalocean.md lists the scopes that it needs."`
	DigitalOceanRegion       Text   `envconfig:"DIGITALOCEAN_REGION" desc:"Region of the droplets, such as ''fra1''."`
	DigitalOceanImage        Text   `envconfig:"DIGITALOCEAN_IMAGE" desc:"Image of new droplets: the id or name of a snapshot, or the slug of a public image such as ''debian-12-x64''."`
	DigitalOceanSSHKeys      List   `envconfig:"DIGITALOCEAN_SSH_KEYS" desc:"Ids or fingerprints of the SSH keys that may log in to droplets, as a list."`
	DigitalOceanVPC          Text   `envconfig:"DIGITALOCEAN_VPC" desc:"Id of the droplets' VPC; default: the region's."`
	DigitalOceanAddress      Word   `envconfig:"DIGITALOCEAN_ADDRESS" default:"private" desc:"The address at which droplets are reached: ''private'' or ''public''."`
	DigitalOceanTags         List   `envconfig:"DIGITALOCEAN_TAGS" desc:"More tags for new droplets, as a list, such as the tag of a firewall."`
	DigitalOceanUserData     Text   `envconfig:"DIGITALOCEAN_USER_DATA_FILE" desc:"File with the user data for a droplet's first boot, such as a cloud-init document."`
	DigitalOceanLoadBalancer Text   `envconfig:"DIGITALOCEAN_LOAD_BALANCER" desc:"Id of the load balancer, for ''POOL_BALANCER=digitalocean''."`
	DigitalOceanAPIURL       Text   `envconfig:"DIGITALOCEAN_API_URL" once:"true" default:"https://api.digitalocean.com" desc:"URL of the API; plain http is allowed only on a loopback address."`
}

func (ps *Problems) checkDigitalOcean(s *Settings) {
	ps.need("DIGITALOCEAN_TOKEN", s.DigitalOceanToken.Reveal(),
		"create one at https://cloud.digitalocean.com/account/api/tokens")
	ps.need("DIGITALOCEAN_REGION", string(s.DigitalOceanRegion), "set the region of new droplets, such as fra1")
	ps.need("DIGITALOCEAN_IMAGE", string(s.DigitalOceanImage),
		"set the image of new droplets. List your snapshots with: autoscalebot servers images")
	if len(s.Sizes) == 0 {
		ps.need("SIZES", "", "set the size of new droplets, such as s-1vcpu-1gb. List the sizes with: autoscalebot "+
			"servers sizes")
	}
	ps.checkAPIURL("DIGITALOCEAN_API_URL", string(s.DigitalOceanAPIURL), "the token", "https://api.digitalocean.com")
	ps.oneOf("DIGITALOCEAN_ADDRESS", s.DigitalOceanAddress, "private", "public")
	ps.readable("DIGITALOCEAN_USER_DATA_FILE", s.DigitalOceanUserData)
}

func (ps *Problems) checkDigitalOceanBalancer(s *Settings) {
	ps.need("DIGITALOCEAN_LOAD_BALANCER", string(s.DigitalOceanLoadBalancer),
		"set the load balancer's id. List the ids with: doctl compute load-balancer list")
}
