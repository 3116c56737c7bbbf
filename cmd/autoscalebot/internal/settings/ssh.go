package settings

// SSH are the settings by which the bot goes to other machines.
type SSH struct {
	SSHKeyFile       Text   `envconfig:"SSH_KEY_FILE" once:"true" desc:"The private key with which the bot goes to other machines by SSH."`
	SSHKeyPassphrase Secret `envconfig:"SSH_KEY_PASSPHRASE" once:"true" desc:"The key's passphrase, where it has one."`
	SSHAgent         Text   `envconfig:"SSH_AUTH_SOCK" once:"true" desc:"The socket of the SSH agent whose keys are used as well; the agent sets it."`
	SSHKnownHosts    Text   `envconfig:"SSH_KNOWN_HOSTS_FILE" once:"true" desc:"The file with these machines' own keys, since one that is not in it is not talked to; by default ''~/.ssh/known_hosts''."`
}

func (ps *Problems) checkSSH(s *Settings) {
	ps.readable("SSH_KEY_FILE", s.SSHKeyFile)
	ps.readable("SSH_KNOWN_HOSTS_FILE", s.SSHKnownHosts)
}
