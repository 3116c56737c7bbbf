package remote

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// A host with several keys might offer an unknown one first, and would then look like another host. So the algorithms
// of its known keys are requested. Empty if the host is unknown: then the callback decides.
func algorithms(known ssh.HostKeyCallback, address string, remote net.Addr) []string {
	wrong := &knownhosts.KeyError{}
	if err := known(address, remote, nobodysKey()); !errors.As(err, &wrong) {
		return nil
	}
	var all []string
	for _, k := range wrong.Want {
		types := []string{k.Key.Type()}
		if types[0] == ssh.KeyAlgoRSA {
			types = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		for _, t := range types {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}

func nobodysKey() ssh.PublicKey {
	key, err := ssh.NewPublicKey(ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)))
	if err != nil {
		panic(err) // any 32 bytes are valid
	}
	return key
}

func explain(err error, key ssh.PublicKey, file string) error {
	wrong := &knownhosts.KeyError{}
	if !errors.As(err, &wrong) {
		return err
	}
	shown := fmt.Sprintf("%s %s", key.Type(), ssh.FingerprintSHA256(key))
	if len(wrong.Want) == 0 {
		return fmt.Errorf("its host key %s is not in %s. Compare it with the machine's own (ssh-keygen -lf "+
			"/etc/ssh/ssh_host_ed25519_key.pub there), and add it with ssh-keyscan", shown, file)
	}
	want := wrong.Want[0]
	return fmt.Errorf("its host key %s differs from %s, line %d (%s %s). The machine was reinstalled, or it is "+
		"another one. Nothing was sent",
		shown, want.Filename, want.Line, want.Key.Type(), ssh.FingerprintSHA256(want.Key))
}
