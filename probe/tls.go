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

type certificateRequest int

const (
	unwanted certificateRequest = iota
	wanted
	given
)

const sessionsKept = 16 // hosts: the heartbeat's and its redirects'

// Sessions are resumed, as in browsers. The system's CA certificates are loaded now, as the first handshake would take
// that much longer otherwise.
func (h *Heartbeat) tlsConfig() *tls.Config {
	_, _ = x509.SystemCertPool() // an error recurs when they are needed
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetClientCertificate: h.clientCertificate}
	if h.keyPair == nil { // a resumed session would keep using a client certificate that was renewed since
		c.ClientSessionCache = tls.NewLRUClientSessionCache(sessionsKept)
	}
	return c
}

func (h *Heartbeat) hasSession(v *visit) bool {
	cache := h.transport.TLSClientConfig.ClientSessionCache
	if cache == nil || !v.secure() {
		return false
	}
	host, _, _ := net.SplitHostPort(v.place)
	if v.alias {
		host = h.alias.name
	}
	_, has := cache.Get(host)
	return has
}

func (h *Heartbeat) clientCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	v := visitOf(info.Context())
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cert = wanted
	h.askers.Store(v.place, true)
	if h.keyPair == nil || !v.known {
		return new(tls.Certificate), nil
	}
	v.cert = given
	return h.keyPair.current(), nil
}

func (v *visit) certificateRequest() certificateRequest {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cert
}

func (h *Heartbeat) noAuthorities() bool {
	if h.transport.TLSClientConfig.RootCAs != nil {
		return false
	}
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}

// PEER and HOST stand for the other side.
type tlsReason struct{ theirs, ours, hint string }

const (
	oldTLS    = "PEER does not support TLS 1.2 or later"
	oldHint   = "Update the server: TLS 1.0 and 1.1 are obsolete."
	otherPort = "Check the port. It may be another service's."
	suites    = "Check the server's TLS settings."
)

// RFC 8446, section 6.2
var alerts = []tlsReason{
	{"protocol version not supported", oldTLS, oldHint},
	{"no application protocol", "PEER speaks neither HTTP/1.1 nor HTTP/2 (ALPN)", otherPort},
	{"unrecognized name", "PEER does not know the name HOST (SNI)", "Add the domain to the server."},
	{
		"internal error", "PEER failed in the TLS handshake (internal error)",
		"Check that the server has a certificate for HOST.",
	},
	{"insufficient security level", "PEER accepts no offered cipher suite (insufficient security)", suites},
	{"handshake failure", "PEER refused the TLS handshake (handshake failure), usually because there is no " +
		"common cipher suite", suites},
}

var localFaults = []tlsReason{
	{"selected unsupported protocol version", oldTLS, oldHint},
	{"unconfigured cipher suite", "PEER chose a cipher suite that was not offered", suites},
	{"unadvertised ALPN protocol", "PEER chose a protocol that was not offered (ALPN)", otherPort},
}

func refusedCertificate(alert string) bool {
	// bad, unsupported, revoked, expired, unknown, required, unknown authority
	return strings.Contains(alert, "certificate")
}

// The text is crypto/tls's. A server may refuse a handshake after the client has finished its part.
func alert(err error) string {
	var op *net.OpError
	for errors.As(err, &op) {
		if op.Op == "remote error" {
			return op.Err.Error()
		}
		err = op.Err // a proxy's is nested in another
	}
	return ""
}

func (v *visit) explainCertificateRequest(err error) (failure, bool) {
	refused := refusedCertificate(alert(err))
	switch asked := v.certificateRequest(); {
	case asked == given && refused:
		return unreachable(v.addr()+" rejected the client certificate", "Check HEARTBEAT_CLIENT_CERT_FILE."), true
	case asked == given || asked == unwanted && !refused:
		return failure{}, false
	}
	return unreachable(v.addr()+" requires a client certificate",
		"Set HEARTBEAT_CLIENT_CERT_FILE and HEARTBEAT_CLIENT_KEY_FILE."), true
}

func (h *Heartbeat) explainTLS(err error, peer, host string) failure {
	var noTLS tls.RecordHeaderError
	if f, ok := h.explainCertificate(err, host); ok {
		return f
	}
	switch {
	case errors.As(err, &noTLS):
		return unreachable(peer+" does not speak TLS", "Use http:// instead of https://.")
	case isReset(err):
		return unreachable("connection reset by "+peer+" during the TLS handshake", otherPort)
	case isEOF(err):
		return unreachable("connection closed by "+peer+" during the TLS handshake", otherPort)
	}
	said, all := alert(err), alerts
	if said == "" {
		said, all = err.Error(), localFaults
	}
	names := strings.NewReplacer("PEER", peer, "HOST", host)
	for _, r := range all {
		if strings.Contains(said, r.theirs) {
			return unreachable(names.Replace(r.ours), names.Replace(r.hint))
		}
	}
	return unreachable("TLS handshake with "+peer+" failed", suites)
}

func (h *Heartbeat) explainCertificate(err error, host string) (failure, bool) {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var noRoots x509.SystemRootsError
	var verify *tls.CertificateVerificationError
	text, hint := "", ""
	switch {
	case errors.As(err, &name):
		text, hint = "certificate is not valid for "+host, "Add the domain to the server's certificate."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().After(invalid.Cert.NotAfter):
		text = fmt.Sprintf("certificate of %s expired on %s", host, invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
		hint = "Renew it."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		text = fmt.Sprintf("certificate of %s is not valid before %s", host,
			invalid.Cert.NotBefore.UTC().Format(time.DateTime))
		hint = "Check this machine's clock."
	case errors.As(err, &unknown) && h.noAuthorities(), errors.As(err, &noRoots):
		text = "cannot check the certificate of " + host + ": this machine has no CA certificates"
		hint = "Install the package ca-certificates, or set SSL_CERT_FILE."
	case errors.As(err, &unknown):
		text = "certificate of " + host + " is signed by an unknown authority"
		hint = "Check that the server sends its intermediate certificates. For a private authority, set " +
			"SSL_CERT_FILE to its certificate."
	case errors.As(err, &verify):
		text, hint = "certificate of "+host+" is not valid", "Renew it."
	}
	return unreachable(text, hint), text != ""
}
