package service

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/command"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/remote"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// The tag of a pool's droplets is this prefix and the pool's name. The bot may destroy every droplet with that tag, so
// nobody must use it for another purpose.
const tagPrefix = "autoscalebot:"

func dropletOptions(s *settings.Settings) (digitalocean.Options, error) {
	data, err := userData(string(s.DigitalOceanUserData))
	return digitalocean.Options{
		Token: s.DigitalOceanToken.Reveal(), Tag: tagPrefix + s.Pooled(), Tags: s.DigitalOceanTags,
		Region: string(s.DigitalOceanRegion), Image: string(s.DigitalOceanImage),
		Size: s.FirstSize(), SSHKeys: s.DigitalOceanSSHKeys, VPC: string(s.DigitalOceanVPC), UserData: data,
		PublicAddress: s.DigitalOceanAddress == "public",
		URL:           string(s.DigitalOceanAPIURL), UserAgent: UserAgent(),
	}, err
}

func userData(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", settings.Problems{{Name: "DIGITALOCEAN_USER_DATA_FILE", What: err.Error()}}
	}
	return string(text), nil
}

func openDroplets(s *settings.Settings, _ Host) (pool.Provider, error) {
	o, err := dropletOptions(s)
	if err != nil {
		return nil, err
	}
	return digitalocean.New(o)
}

func openDropletBalancer(s *settings.Settings, _ Host, p pool.Provider) (pool.Balancer, error) {
	droplets, ok := p.(*digitalocean.Provider)
	if !ok {
		return nil, errors.New("DigitalOcean's load balancer works only with POOL_PROVIDER=digitalocean")
	}
	return droplets.LoadBalancer(string(s.DigitalOceanLoadBalancer))
}

func awsAccount(s *settings.Settings) ec2.Account {
	return ec2.Account{
		Region: string(s.AWSRegion), Endpoint: string(s.AWSEndpointURL), Profile: string(s.AWSProfile),
		UserAgent: UserAgent(),
		Keys: ec2.Keys{
			AccessKeyID: string(s.AWSAccessKeyID), SecretAccessKey: s.AWSSecretAccessKey.Reveal(),
			SessionToken: s.AWSSessionToken.Reveal(),
		},
	}
}

func openInstances(s *settings.Settings, _ Host) (pool.Provider, error) {
	return ec2.New(ec2.Options{
		Account: awsAccount(s), Pool: s.Pooled(), LaunchTemplate: string(s.EC2LaunchTemplate),
		Public: s.EC2Address == "public",
		Price:  s.ServerPrice.All, Prices: s.ServerPrice.Of,
	})
}

func openScripts(s *settings.Settings, _ Host) (pool.Provider, error) {
	return command.NewProvider(command.ProviderOptions{
		Pool: s.Pooled(), List: string(s.PoolList), Create: string(s.PoolCreate), Destroy: string(s.PoolDestroy),
		Env: s.CommandEnviron(), Secrets: s.PassedSecrets(),
	})
}

func openTargetGroup(s *settings.Settings, _ Host, _ pool.Provider) (pool.Balancer, error) {
	return ec2.NewTargetGroup(awsAccount(s), string(s.EC2TargetGroup))
}

func openHAProxy(s *settings.Settings, _ Host, _ pool.Provider) (pool.Balancer, error) {
	return haproxy.New(haproxy.Options{
		Sockets: s.HAProxySockets, Backend: string(s.HAProxyBackend), ServerOptions: string(s.HAProxyServerOptions),
		Port: int(s.ServerPort),
		Pool: s.Pooled(), Observe: bool(s.DryRun),
	})
}

func openHAProxyFile(s *settings.Settings, _ Host, _ pool.Provider) (pool.Balancer, error) {
	var hosts []remote.Machine
	if len(s.HAProxyHosts) > 0 {
		ssh, err := OpenSSH(s)
		if err != nil {
			return nil, err
		}
		for _, at := range s.HAProxyHosts {
			m, err := ssh.Machine(at)
			if err != nil {
				return nil, settings.Problems{{Name: "HAPROXY_HOSTS", What: err.Error()}}
			}
			hosts = append(hosts, m)
		}
	}
	return haproxy.NewFile(haproxy.FileOptions{
		Config: string(s.HAProxyConfig), Template: string(s.HAProxyTemplate), ServerLine: string(s.HAProxyServerLine),
		Port: int(s.ServerPort), Hosts: hosts,
		CheckCommand: string(s.HAProxyCheckCommand), ReloadCommand: string(s.HAProxyReloadCommand),
		Sudo: string(s.HAProxySudo),
	})
}

// OpenSSH returns the SSH client of the settings. The default of SSH_KNOWN_HOSTS_FILE is ~/.ssh/known_hosts.
func OpenSSH(s *settings.Settings) (*remote.SSH, error) {
	known := string(s.SSHKnownHosts)
	if home, err := os.UserHomeDir(); known == "" && err == nil {
		known = filepath.Join(home, ".ssh", "known_hosts")
	}
	ssh, err := remote.NewSSH(remote.SSHOptions{
		KeyFile: string(s.SSHKeyFile), Passphrase: s.SSHKeyPassphrase.Reveal(), Agent: string(s.SSHAgent),
		KnownHostsFile: known,
	})
	if err != nil {
		return nil, settings.Problems{{Name: "SSH_…", What: err.Error()}}
	}
	return ssh, nil
}

func openLocalServers(s *settings.Settings, h Host) (pool.Provider, error) {
	cmd, err := localCommand(s)
	if err != nil {
		return nil, err
	}
	return local.NewProvider(local.ProviderOptions{Command: cmd, Env: s.CommandEnviron(), Out: h.Stdout, Log: h.Log})
}

func openLocalBalancer(s *settings.Settings, h Host, _ pool.Provider) (pool.Balancer, error) {
	return local.NewBalancer(local.BalancerOptions{Addr: string(s.LocalAddr), Port: int(s.ServerPort), Log: h.Log})
}

// OpenHealth returns the health check of a pool's servers, nil if HEALTH_CHECK_PATH is "none".
func OpenHealth(s *settings.Settings) pool.Health {
	timeout := time.Duration(s.HealthTimeout)
	switch path := string(s.HealthPath); path {
	case "none":
		return nil
	case "tcp":
		return pool.TCPCheck{Port: int(s.ServerPort), Timeout: timeout}
	default:
		return pool.HTTPCheck{
			Path: path, Port: int(s.ServerPort), Host: string(s.HealthHost),
			TLS: bool(s.HealthTLS), Timeout: timeout,
		}
	}
}

// OpenPoolParts opens the provider and the balancer that the settings name. With looking set, for commands that change
// nothing, a balancer whose settings are incomplete is left out and nil.
func OpenPoolParts(s *settings.Settings, h Host, looking bool) (pool.Provider, pool.Balancer, error) {
	var problems settings.Problems
	p, err := Providers()[string(s.PoolProvider)](s, h)
	problems.Note("POOL_PROVIDER "+string(s.PoolProvider), err)
	if err != nil {
		p = nil
	}
	var b pool.Balancer
	if open := balancers()[string(s.PoolBalancer)]; open != nil && !(looking && s.BalancerIncomplete()) {
		if b, err = open(s, h, p); err != nil {
			b = nil
		}
		problems.Note("POOL_BALANCER "+string(s.PoolBalancer), err)
	}
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return p, b, nil
}
