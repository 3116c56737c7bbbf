package settings

// SSH configures SSH connections to other machines.
type SSH struct {
	SSHKeyFile       Text   `envconfig:"SSH_KEY_FILE" once:"true" desc:"Private key for SSH connections to other machines."`
	SSHKeyPassphrase Secret `envconfig:"SSH_KEY_PASSPHRASE" once:"true" desc:"Passphrase of the private key."`
	SSHAgent         Text   `envconfig:"SSH_AUTH_SOCK" once:"true" desc:"Socket of the SSH agent, whose keys are used too; the agent sets it."`
	SSHKnownHosts    Text   `envconfig:"SSH_KNOWN_HOSTS_FILE" once:"true" desc:"File with the machines' host keys; the bot refuses any other; default: ''~/.ssh/known_hosts''."`
}

func (ps *Problems) checkSSH(s *Settings) {
	ps.readable("SSH_KEY_FILE", s.SSHKeyFile)
	ps.readable("SSH_KNOWN_HOSTS_FILE", s.SSHKnownHosts)
}
