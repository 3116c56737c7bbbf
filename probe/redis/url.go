package redis

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const hint = "use a URL such as redis://:password@localhost:6379/0, or rediss:// for TLS"

// Errors show no value, because it may be a secret.
func (c *client) setURL(raw string, config *tls.Config) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return errors.New("the URL is empty: " + hint)
	case err != nil:
		return errors.New("the URL is invalid, perhaps because of a space, a wrong port or a wrong %-escape: " + hint)
	case u.Scheme != "redis" && u.Scheme != "rediss" && u.Scheme != "unix":
		return errors.New("the URL must begin with redis:// or rediss://: " + hint)
	case u.Scheme != "unix" && u.Hostname() == "":
		return errors.New("the URL has no host: " + hint)
	case strings.Contains(u.Host, ","):
		return errors.New("the URL has several hosts: use one, with Sentinel or replicas the " +
			"primary")
	case u.Port() != "" && !isPort(u.Port()):
		return errors.New("the URL has an invalid port: must be 1–65535")
	case u.Scheme == "unix" && (u.Host != "" || u.Path == ""):
		return errors.New("the URL has no socket: use a URL such as unix:///run/redis/redis.sock?db=0")
	}
	said, err := readQuery(u.RawQuery)
	if err != nil {
		return err
	}
	c.setAddr(u, said.family)
	return errors.Join(c.setDatabase(u, said), c.setLogin(u.User, said), c.setTLS(u, said, config))
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func (c *client) setAddr(u *url.URL, family string) {
	if u.Scheme == "unix" {
		c.network, c.addr = "unix", u.Path
		return
	}
	c.network, c.addr = "tcp"+family, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "6379"))
}

// The query overrides the path 0, which many write out of habit, as in redis-py and go-redis. Other clients prefer the
// path, so two different numbers above 0 are ambiguous.
func (c *client) setDatabase(u *url.URL, said query) error {
	path := ""
	if u.Scheme != "unix" {
		path = strings.Trim(u.Path, "/")
	}
	inPath, err := database(path)
	if err != nil {
		return errors.New("the URL's path must be the number of a database: " + hint)
	}
	inQuery, err := database(said.database)
	switch {
	case err != nil:
		return errors.New("the URL's db must be the number of a database, such as ?db=3")
	case said.database == "":
		c.database = inPath
	case inPath != 0 && inPath != inQuery:
		return fmt.Errorf("the URL has database %d in its path and %d after the question mark: keep one", inPath,
			inQuery)
	default:
		c.database = inQuery
	}
	return nil
}

// "" means 0.
func database(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}

// User and password may be before the host or in the query.
func (c *client) setLogin(front *url.Userinfo, said query) error {
	password, _ := front.Password()
	for _, both := range []struct{ name, front, query string }{
		{"user", front.Username(), said.user}, {"password", password, said.password},
	} {
		if both.front != "" && both.query != "" && both.front != both.query {
			return fmt.Errorf("the URL has one %s before the host and another after the question "+
				"mark: keep one", both.name)
		}
	}
	c.user, c.password = cmp.Or(front.Username(), said.user), cmp.Or(password, said.password)
	if c.user != "" && c.password == "" {
		return errors.New("the URL has a user without a password: " + hint)
	}
	return nil
}

func (c *client) setTLS(u *url.URL, said query, config *tls.Config) error {
	switch {
	case u.Scheme == "rediss" && said.tls == "false":
		return errors.New("the URL begins with rediss://, which is TLS, but has ssl=false: keep one")
	case u.Scheme == "unix" && said.tls == "true":
		return errors.New("the URL has ssl=true for a socket, which has no TLS: remove it")
	case u.Scheme != "rediss" && said.tls != "true":
		return nil
	}
	if c.tls = config.Clone(); c.tls == nil {
		c.tls = &tls.Config{}
	}
	c.tls.ServerName = cmp.Or(c.tls.ServerName, u.Hostname())
	if said.ca != "" {
		pem, err := os.ReadFile(said.ca)
		if c.tls.RootCAs = x509.NewCertPool(); err != nil || !c.tls.RootCAs.AppendCertsFromPEM(pem) {
			return errors.New("the file in the URL's ssl_ca_certs is unreadable or has no certificate")
		}
	}
	if said.cert != "" || said.key != "" {
		own, err := tls.LoadX509KeyPair(said.cert, cmp.Or(said.key, said.cert))
		if err != nil {
			return errors.New("the files in the URL's ssl_certfile and ssl_keyfile are unreadable, or are not a " +
				"certificate with its key")
		}
		c.tls.Certificates = []tls.Certificate{own}
	}
	switch {
	case said.verify == "none":
		c.tls.InsecureSkipVerify = true
	case (said.verify == "ca" || said.name == "any") && !c.tls.InsecureSkipVerify:
		c.tls.InsecureSkipVerify = true // the function below verifies the authority
		c.tls.VerifyConnection = verifyAuthority(c.tls.RootCAs)
	}
	return nil
}

// It does not check the certificate's name.
func verifyAuthority(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			between.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		return err
	}
}

type query struct {
	database, user, password string
	family                   string // "4" or "6"
	tls                      string // "true" or "false"
	verify                   string // "none", "ca" for the authority without the name, "" for both
	name                     string // "any" if the certificate's name is not checked
	ca, cert, key            string // files
}

// Clients spell names differently, so they are compared in lower case without underscores and hyphens.
type parameter struct {
	of     func(*query) *string
	values map[string]string // accepted values and their meaning; nil accepts any
}

var (
	yesNo = map[string]string{"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}

	databaseOf = parameter{of: func(q *query) *string { return &q.database }}
	userOf     = parameter{of: func(q *query) *string { return &q.user }}
	passwordOf = parameter{of: func(q *query) *string { return &q.password }}
	tlsOf      = parameter{func(q *query) *string { return &q.tls }, yesNo}
	verifyOf   = func(values map[string]string) parameter {
		return parameter{func(q *query) *string { return &q.verify }, values}
	}

	// of redis-py, Celery, go-redis, ioredis, Lettuce, Predis, Symfony and redis-rs
	parameters = map[string]parameter{
		"db": databaseOf, "database": databaseOf, "dbindex": databaseOf, "virtualhost": databaseOf,
		"username": userOf, "user": userOf, "password": passwordOf, "pass": passwordOf,
		"family": {
			func(q *query) *string { return &q.family },
			map[string]string{"0": "", "4": "4", "6": "6"},
		},
		"ssl":         tlsOf,
		"tls":         tlsOf,
		"sslcacerts":  {of: func(q *query) *string { return &q.ca }},
		"sslcertfile": {of: func(q *query) *string { return &q.cert }},
		"sslkeyfile":  {of: func(q *query) *string { return &q.key }},
		"sslcertreqs": verifyOf(map[string]string{
			"none": "none", "cert_none": "none", "optional": "",
			"cert_optional": "", "required": "", "cert_required": "",
		}),
		"verifypeer": verifyOf(map[string]string{
			"none": "none", "false": "none", "ca": "ca",
			"full": "", "true": "",
		}),
		"sslcheckhostname": {
			func(q *query) *string { return &q.name },
			map[string]string{"true": "", "1": "", "yes": "", "false": "any", "0": "any", "no": "any"},
		},
		"skipverify":         verifyOf(map[string]string{"true": "none", "1": "none", "false": "", "0": ""}),
		"insecureskipverify": verifyOf(map[string]string{"true": "none", "1": "none", "false": "", "0": ""}),
		"rejectunauthorized": verifyOf(map[string]string{"false": "none", "0": "none", "true": "", "1": ""}),
	}

	// They set a client's name, timeouts or connections: a count does not depend on them.
	harmless = strings.Fields(`protocol clientname connectionname libname libversion libraryname libraryversion alias
		sockettimeout socketconnecttimeout timeout connecttimeout connectiontimeout commandtimeout dialtimeout readtimeout writetimeout
		readwritetimeout pooltimeout idletimeout contexttimeoutenabled socketkeepalive keepalive tcpkeepalive tcpnodelay nodelay socketreadsize
		retryontimeout retryonerror retryinterval maxretries minretrybackoff maxretrybackoff maxretriesperrequest reconnectattempts
		maxconnections poolsize poolfifo minidleconns maxidleconns maxactiveconns connmaxidletime connmaxlifetime maxconnage
		idlecheckfrequency minsize maxsize healthcheckinterval singleconnectionclient lazy lazyconnect persistent persistentid asyncconnect
		enablereadycheck enableofflinequeue allowusernameinuri showfriendlyerrorstack autoresubscribe stringnumbers
		decoderesponses encoding encodingerrors charset errors
		visibilitytimeout fanoutprefix fanoutpatterns pollinginterval queueorderstrategy prioritysteps sep unackedkey unackedindexkey
		sslminversion sslciphers`)

	// They would make a client read other keys than those given.
	prefixes = []string{"keyprefix", "globalkeyprefix", "prefix", "namespace"}

	// Otherwise the parameter may be part of a password that contains a ?.
	isName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,40}$`)
)

// Unknown parameters are rejected: another client may find the queue by them.
func readQuery(raw string) (query, error) {
	var q query
	values, err := url.ParseQuery(raw)
	if err != nil || strings.Contains(raw, "@") {
		return q, errors.New("the URL is invalid after its question mark: in a password, write ? and @ as " +
			"%3F and %40")
	}
	var wrong []error
	first := map[*string]string{}
	for _, name := range sorted(values) {
		known := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
		par, ok := parameters[known]
		switch {
		case ok:
			wrong = append(wrong, par.set(&q, first, name, values[name]))
		case slices.Contains(harmless, known):
		case !isName.MatchString(name):
			wrong = append(wrong, errors.New("the URL has an unknown parameter: remove it"))
		case slices.Contains(prefixes, known):
			wrong = append(wrong, fmt.Errorf("the URL's parameter %s is not supported: remove it, and write "+
				"the keys with their prefix", name))
		default:
			wrong = append(wrong, fmt.Errorf("the URL's parameter %s is unknown: remove it", name))
		}
	}
	return q, errors.Join(wrong...)
}

// Empty values are skipped. first has the name that set each field.
func (par parameter) set(q *query, first map[*string]string, name string, values []string) error {
	field := par.of(q)
	for _, value := range values {
		meant, ok := value, true
		if par.values != nil {
			meant, ok = par.values[strings.ToLower(value)]
		}
		before, again := first[field]
		switch {
		case value == "":
			continue
		case !ok:
			return fmt.Errorf("the URL's parameter %s must be one of %s", name, strings.Join(sorted(par.values), ", "))
		case again && *field != meant:
			return fmt.Errorf("the URL's parameters %s and %s contradict each other: keep one", before, name)
		}
		*field, first[field] = meant, name
	}
	return nil
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
