package probe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// ClientCertificate reads a client certificate and its key, in PEM. Its errors name the file at fault. It accepts an
// expired certificate: check its Leaf.
func ClientCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	certPEM, err := readPEM("certificate", certFile)
	keyPEM, keyErr := readPEM("key", keyFile)
	if err := errors.Join(err, keyErr); err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("the client certificate in %s and the key in %s do not match, or are not PEM "+
			"without a passphrase: %w",
			certFile, keyFile, err)
	}
	return &cert, nil
}

const largestPEM = 1 << 20 // bytes, far more than a certificate chain needs

func readPEM(what, file string) ([]byte, error) {
	info, err := os.Stat(file)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the file %s for the client %s does not exist", file, what)
	case errors.As(err, &pathErr):
		return nil, fmt.Errorf("the client %s in %s cannot be read: %w", what, file, pathErr.Err)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > largestPEM:
		return nil, fmt.Errorf("the client %s must be a regular file of at most 1 MiB: %s is not", what, file)
	}
	text, err := os.ReadFile(file)
	if errors.As(err, &pathErr) {
		return nil, fmt.Errorf("the client %s in %s cannot be read: %w", what, file, pathErr.Err)
	}
	return text, err
}

type keyPair struct {
	certFile, keyFile string

	mu     sync.Mutex
	cert   *tls.Certificate // the newest valid one
	stamps [2]stamp         // of its files
}

type stamp struct {
	modified time.Time
	size     int64
}

func openKeyPair(certFile, keyFile string) (*keyPair, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case certFile == "" || keyFile == "":
		return nil, errors.New("heartbeat has a client certificate without a key, or a key without a certificate: " +
			"set both files")
	}
	k := &keyPair{certFile: certFile, keyFile: keyFile}
	return k, k.read(k.stamp())
}

// While the files do not match, as in the middle of a change, the previous certificate stays in use.
func (k *keyPair) current() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.stamp(); now != k.stamps {
		_ = k.read(now)
	}
	return k.cert
}

func (k *keyPair) read(stamps [2]stamp) error {
	cert, err := ClientCertificate(k.certFile, k.keyFile)
	if err == nil {
		k.cert, k.stamps = cert, stamps
	}
	return err
}

func (k *keyPair) stamp() (out [2]stamp) {
	for i, file := range []string{k.certFile, k.keyFile} {
		if info, err := os.Stat(file); err == nil {
			out[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return out
}
