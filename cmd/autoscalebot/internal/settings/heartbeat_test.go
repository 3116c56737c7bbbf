package settings_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func clientFiles(t *testing.T, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key")
	for file, block := range map[string]pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		must(t, os.WriteFile(file, pem.EncodeToMemory(&block), 0o600))
	}
	return certFile, keyFile
}

func TestClientCertificateOfTheHeartbeat(t *testing.T) {
	until := time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC)
	certFile, keyFile := clientFiles(t, until)
	otherCert, _ := clientFiles(t, until)
	for name, c := range map[string]struct{ cert, key, wrong string }{
		"both":                  {certFile, keyFile, ""},
		"neither":               {"", "", ""},
		"no key":                {certFile, "", "HEARTBEAT_CLIENT_KEY_FILE: is not set"},
		"no certificate":        {"", keyFile, "HEARTBEAT_CLIENT_CERT_FILE: is not set"},
		"the wrong way round":   {keyFile, certFile, "do not match"},
		"another's certificate": {otherCert, keyFile, "do not match"},
		"no such file":          {certFile + "x", keyFile, "the file " + certFile + "x for the client certificate does not exist"},
	} {
		env(t, "HEARTBEAT_CLIENT_CERT_FILE="+c.cert, "AUTOSCALE_HEARTBEAT_CLIENT_KEY_FILE="+c.key)
		s, err := settingstest.Load()
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: got %v, want %q", name, err, c.wrong)
		}
		if err != nil || c.cert == "" {
			continue
		}
		if wrong := s.ClientCertificate(until.Add(-time.Second)); wrong != "" {
			t.Errorf("%s: before it expires it is wrong: %s", name, wrong)
		}
		if wrong := s.ClientCertificate(until.Add(time.Second)); !strings.Contains(wrong, "expired on 2027-03-04") {
			t.Errorf("%s: after it has expired: %q", name, wrong)
		}
	}
}

func TestMistakesAboutTheRequest(t *testing.T) {
	for _, tt := range []struct{ headers, token, want string }{
		{"Host: s3cr3t; X-Key s3cr3t: Te: s3cr3t; Te: s3cr3t", "Bearer s3cr3t", "HEARTBEAT_HEADERS HEARTBEAT_HEADERS HEARTBEAT_HEADERS HEARTBEAT_TOKEN"},
		{"X-Key: s3cr3t\r\nEvil: s3cr3t", "s3cr3t\nx", "HEARTBEAT_HEADERS HEARTBEAT_TOKEN"},
		{"authorization: Basic s3cr3t", "s3cr3t", "HEARTBEAT_TOKEN,"},
		{"", "bearer s3cr3t", "HEARTBEAT_TOKEN"},
		{"X-Key: s3cr3t", "bearers3cr3t", ""},
	} {
		env(t, "HEARTBEAT_HEADERS="+tt.headers, "HEARTBEAT_TOKEN="+tt.token, "HEARTBEAT_URL=https://a:s3cr3t@a.test:99999/", "HEARTBEAT_METHOD=put")
		tt.want = strings.TrimSpace("HEARTBEAT_URL HEARTBEAT_METHOD " + tt.want)
		_, err := settingstest.Load()
		text, names := fmt.Sprint(err), []string{}
		for line := range strings.Lines(text) {
			if name := strings.Fields(line)[0]; strings.HasPrefix(name, "HEARTBEAT_") {
				names = append(names, strings.TrimSuffix(name, ":"))
			}
		}
		if strings.Join(names, " ") != tt.want || strings.Contains(text, "s3cr3t") {
			t.Errorf("%q and %q: got %v", tt.headers, tt.token, text)
		}
	}
}

func TestMistakesAboutTheAnswer(t *testing.T) {
	env(t, "HEARTBEAT_STATUSES=ok", "HEARTBEAT_REDIRECTS=some", "HEARTBEAT_HOST=https://www.example.com/", "HEARTBEAT_CLIENT_KEY_FILE=/nowhere",
		"HEARTBEAT_KEYWORD=well", "HEARTBEAT_METHOD=HEAD", "HEARTBEAT_FAIL_ON=slow")
	_, err := settingstest.Load()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"HEARTBEAT_STATUSES", "HEARTBEAT_REDIRECTS", "HEARTBEAT_HOST", "HEARTBEAT_CLIENT_CERT_FILE", "HEARTBEAT_KEYWORD", "HEARTBEAT_FAIL_ON"} {
		if strings.Count(err.Error(), "\n  "+name+":") != 1 {
			t.Errorf("%s is not reported once:\n%v", name, err)
		}
	}
}

func TestHeadersOfOneNameAreAllKept(t *testing.T) {
	for _, text := range []string{"X-A: 1; x-a: 2; X-B: 3", `{"X-A": "1", "x-a": "2", "X-B": "3"}`} {
		env(t, "HEARTBEAT_HEADERS="+text)
		s := loaded(t)
		if got := http.Header(s.HeartbeatHeaders).Values("X-A"); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("%s: got %q", text, got)
		}
	}
}

// Headers written as JSON are read back the same.
func FuzzHeaders(f *testing.F) {
	for _, text := range []string{
		"", "A: b", "A: b; C: d", "A: b; c=d", `A: "b;C: d"`, "User-Agent: x (a; b:c); Y: z", ";;", "A", "A: (", `{"A":"b"}`, `{`, "A: b; c d=e",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var h, again settings.Headers
		if h.Decode(text) != nil {
			return
		}
		pairs := map[string]string{}
		for name, values := range h {
			if len(values) != 1 || !utf8.ValidString(name+values[0]) {
				return
			}
			pairs[name] = values[0]
		}
		b, err := json.Marshal(pairs)
		must(t, err)
		if err := again.Decode(string(b)); err != nil || !reflect.DeepEqual(h, again) {
			t.Errorf("%q is %q, and then %q: %v", text, h, again, err)
		}
	})
}
