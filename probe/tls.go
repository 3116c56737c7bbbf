package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// A certificateWish says whether the app asked for a client certificate, and got one.
type certificateWish int

const (
	unwanted certificateWish = iota
	wanted
	given
)

// sessionsKept is how many hosts' TLS sessions are kept: that of the heartbeat, and of its redirects.
const sessionsKept = 16

// tlsConfig is how TLS is spoken with the app. Sessions are resumed, as browsers do it. The certificates of authorities are
// read from this machine's files now: else the first handshake would take that much longer.
func (h *Heartbeat) tlsConfig() *tls.Config {
	_, _ = x509.SystemCertPool() // an error comes again when they are needed
	return &tls.Config{
		MinVersion:           tls.VersionTLS12,
		ClientSessionCache:   tls.NewLRUClientSessionCache(sessionsKept),
		GetClientCertificate: h.clientCertificate,
	}
}

// clientCertificate notes that the app asks for a certificate, and chooses one.
func (h *Heartbeat) clientCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	wish, chosen := wanted, new(tls.Certificate)
	for i, c := range h.transport.TLSClientConfig.Certificates {
		if info.SupportsCertificate(&c) == nil {
			wish, chosen = given, &h.transport.TLSClientConfig.Certificates[i]
			break
		}
	}
	v := visitOf(info.Context())
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cert = wish
	return chosen, nil
}

// wish says whether the app asked for a client certificate.
func (v *visit) wish() certificateWish {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cert
}

// noAuthorities says whether this machine has no certificates of authorities.
func (h *Heartbeat) noAuthorities() bool {
	if h.transport.TLSClientConfig.RootCAs != nil {
		return false
	}
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}

// alerts are the words of crypto/tls for what a server refuses a handshake with (RFC 8446, section 6.2), with ours.
var alerts = []struct{ theirs, ours string }{
	{"protocol version not supported", "supports no TLS version from 1.2 on: update the server, as 1.0 and 1.1 are out of use"},
	{"no application protocol", "speaks neither HTTP/1.1 nor HTTP/2 there (ALPN): is it another service's port?"},
	{"unrecognized name", "does not know the name HOST (SNI): is the domain added to it?"},
	{"internal error", "failed in the TLS handshake (internal error): has it a certificate for HOST?"},
	{"insufficient security level", "accepts no cipher suite that is offered: update the server's TLS settings"},
	{"handshake failure", "refused the TLS handshake (handshake failure): most often it accepts no cipher suite that is offered"},
}

// localFaults are what crypto/tls says where a server's part of a handshake is not acceptable, with our words.
var localFaults = []struct{ theirs, ours string }{
	{"selected unsupported protocol version", "supports no TLS version from 1.2 on: update the server, as 1.0 and 1.1 are out of use"},
	{"unconfigured cipher suite", "chose a cipher suite that was not offered: update the server's TLS settings"},
	{"unadvertised ALPN protocol", "chose a protocol that was not offered (ALPN): is it another service's port?"},
}

// refusedCertificate says whether a server's alert is about the client's certificate.
func refusedCertificate(alert string) bool {
	return strings.Contains(alert, "certificate") // bad, unsupported, revoked, expired, unknown, required, unknown authority
}

// alert gives what the server refused a handshake with, in crypto/tls' words; "" for anything else. A server may do so after
// the client has finished its part.
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return op.Err.Error()
	}
	return ""
}

// explainCertificateWish says that an app wants another client certificate, "" where that is not the matter.
func (v *visit) explainCertificateWish(err error) string {
	refused := refusedCertificate(alert(err))
	switch wish := v.wish(); {
	case wish == given && refused:
		return v.addr + " does not accept the client certificate: check HEARTBEAT_CLIENT_CERT_FILE"
	case wish == given || wish == unwanted && !refused:
		return ""
	}
	return v.addr + " wants a client certificate: set HEARTBEAT_CLIENT_CERT_FILE and HEARTBEAT_CLIENT_KEY_FILE"
}

// explainTLS says why the TLS handshake with peer, for the name host, failed.
func (h *Heartbeat) explainTLS(err error, peer, host string) string {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var noRoots x509.SystemRootsError
	var verify *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return "certificate is not valid for " + host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().After(invalid.Cert.NotAfter):
		return fmt.Sprintf("certificate of %s expired on %s", host, invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("certificate of %s is not valid before %s", host, invalid.Cert.NotBefore.UTC().Format(time.DateTime))
	case errors.As(err, &unknown) && h.noAuthorities(), errors.As(err, &noRoots):
		return fmt.Sprintf("this machine has no CA certificates, so that of %s cannot be checked: "+
			"install the package ca-certificates, or name a file in SSL_CERT_FILE", host)
	case errors.As(err, &unknown):
		return "certificate of " + host + " is signed by an unknown authority"
	case errors.As(err, &verify):
		return "certificate of " + host + " is not valid"
	case errors.As(err, &noTLS):
		return peer + " does not speak TLS: is it http rather than https?"
	case isReset(err):
		return "connection reset by " + peer + " in the TLS handshake"
	case isEOF(err):
		return "connection closed by " + peer + " in the TLS handshake: is it an HTTPS port?"
	}
	said, all := alert(err), alerts
	if said == "" {
		said, all = err.Error(), localFaults
	}
	for _, a := range all {
		if strings.Contains(said, a.theirs) {
			return peer + " " + strings.ReplaceAll(a.ours, "HOST", host)
		}
	}
	return "TLS handshake with " + peer + " failed"
}
