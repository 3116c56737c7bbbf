package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSHOptions apply to all machines reached over SSH.
type SSHOptions struct {
	// KeyFile is the path of a private key in ssh-keygen's format; empty to use only the agent's keys.
	KeyFile string
	// Passphrase of the key; empty if it has no passphrase.
	Passphrase string
	// Agent is the path of an SSH agent's socket; empty for no agent.
	Agent string
	// KnownHostsFile contains the machines' host keys in ssh's format. It is read at each connection, so additions
	// apply at once.
	KnownHostsFile string
	// DialTimeout limits connecting and logging in; 0 means 10 s. A command is limited by its context.
	DialTimeout time.Duration
}

const defaultDialTimeout = 10 * time.Second

// SSH reaches machines over SSH.
type SSH struct {
	o    SSHOptions
	keys []ssh.Signer
}

// NewSSH reads the key and checks all options. It makes no connection.
func NewSSH(o SSHOptions) (*SSH, error) {
	s := &SSH{o: o}
	var wrong []error
	if o.KeyFile == "" && o.Agent == "" {
		wrong = append(wrong, errors.New("no SSH key and no agent is set. Set SSH_KEY_FILE"))
	}
	if o.KeyFile != "" {
		key, err := readKey(o.KeyFile, o.Passphrase)
		if err != nil {
			wrong = append(wrong, err)
		} else {
			s.keys = append(s.keys, key)
		}
	}
	if o.KnownHostsFile == "" {
		wrong = append(wrong, errors.New("no file of known SSH hosts is set. Set SSH_KNOWN_HOSTS_FILE"))
	} else if _, err := knownhosts.New(o.KnownHostsFile); err != nil {
		wrong = append(wrong, fmt.Errorf("read the known SSH hosts: %w", err))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	if s.o.DialTimeout <= 0 {
		s.o.DialTimeout = defaultDialTimeout
	}
	return s, nil
}

func readKey(file, passphrase string) (ssh.Signer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the SSH key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
		if passphrase == "" {
			return nil, fmt.Errorf("the SSH key in %s needs a passphrase", file)
		}
		if key, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase)); err != nil {
			return nil, fmt.Errorf("the passphrase does not open the SSH key in %s", file)
		}
	}
	if err != nil { // the text could quote the file
		return nil, fmt.Errorf("%s does not contain a private SSH key in ssh-keygen's format", file)
	}
	return key, nil
}

// Machine returns the machine at user@host or user@host:port; the default port is 22.
func (s *SSH) Machine(target string) (Machine, error) {
	user, address, err := parseTarget(target)
	if err != nil {
		return nil, err
	}
	return &machine{ssh: s, user: user, address: address}, nil
}

func parseTarget(target string) (user, address string, err error) {
	i := strings.LastIndex(target, "@")
	if i <= 0 || strings.Contains(target[:i], ":") || strings.ContainsAny(target, " \t\r\n/") {
		text := fmt.Sprintf("invalid SSH machine %q", target)
		if strings.Contains(target[:max(i, 0)], ":") {
			text = "invalid SSH machine with a password" // which must not be shown
		}
		return "", "", fmt.Errorf("%s: must be user@host or user@host:port", text)
	}
	user, address = target[:i], target[i+1:]
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), "22"
	}
	if host == "" || port == "" || strings.ContainsAny(host, "[]") {
		return "", "", fmt.Errorf("invalid SSH machine %q: must be user@host or user@host:port", target)
	}
	return user, net.JoinHostPort(host, port), nil
}

type machine struct {
	ssh           *SSH
	user, address string
}

func (m *machine) String() string { return m.user + "@" + strings.TrimSuffix(m.address, ":22") }

// Each command has its own connection: commands are rare, and a kept connection could be dead.
func (m *machine) Stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error {
	err := m.stream(ctx, command, stdin, stdout, stderr)
	if exit := (*ExitError)(nil); err == nil || errors.As(err, &exit) {
		return err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("run a command on %s: %w", m, err)
}

func (m *machine) stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error {
	client, err := m.dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })() // which ends the waits below
	session, err := client.NewSession()
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	defer session.Close()
	session.Stdin, session.Stdout, session.Stderr = stdin, stdout, stderr
	err = session.Run(command)
	exit := (*ssh.ExitError)(nil)
	if errors.As(err, &exit) {
		status := exit.ExitStatus()
		if exit.Signal() != "" {
			status = -1
		}
		return &ExitError{Status: status}
	}
	return err
}

func (m *machine) dial(ctx context.Context) (*ssh.Client, error) {
	known, err := knownhosts.New(m.ssh.o.KnownHostsFile)
	if err != nil {
		return nil, fmt.Errorf("read the known SSH hosts: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.ssh.o.DialTimeout,
		fmt.Errorf("the login took longer than %v", m.ssh.o.DialTimeout))
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", m.address)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	config := &ssh.ClientConfig{
		User: m.user,
		Auth: []ssh.AuthMethod{ssh.PublicKeysCallback(func() ([]ssh.Signer, error) { return m.ssh.signers(ctx) })},
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			return explain(known(host, remote, key), key, m.ssh.o.KnownHostsFile)
		},
		HostKeyAlgorithms: algorithms(known, m.address, conn.RemoteAddr()),
	}
	c, channels, requests, err := ssh.NewClientConn(conn, m.address, config)
	if !stop() && err == nil {
		c.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

func (s *SSH) signers(ctx context.Context) ([]ssh.Signer, error) {
	if s.o.Agent == "" {
		return s.keys, nil
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", s.o.Agent)
	if err != nil {
		if len(s.keys) > 0 {
			return s.keys, nil
		}
		return nil, fmt.Errorf("use the SSH agent: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() }) // the login is complete by then
	more, err := agent.NewClient(conn).Signers()
	if err != nil && len(s.keys) == 0 {
		return nil, fmt.Errorf("use the SSH agent: %w", err)
	}
	return append(slices.Clone(s.keys), more...), nil
}
