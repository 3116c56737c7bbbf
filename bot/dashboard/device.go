package dashboard

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

const (
	deviceLength = 90 * 24 * time.Hour
	// Many rounds make it slow to guess the password from a device's cookie.
	deviceRounds = 200_000
)

// A browser that signed in before has a cookie, so that wrong passwords of others at its address, such as a proxy's, do
// not lock it out.
func (d *Dashboard) client(r *http.Request) throttle.Client {
	c := d.o.Throttle.ClientOf(r)
	if found, err := r.Cookie(d.cookieName(r) + deviceSuffix); err == nil {
		if id, mac, _ := strings.Cut(found.Value, "."); same(mac, signed(d.deviceKey(), "device", id)) {
			c.Device = id
		}
	}
	return c
}

const deviceSuffix = "-device"

func (d *Dashboard) remember(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	http.SetCookie(w, d.cookie(r, deviceSuffix, id+"."+signed(d.deviceKey(), "device", id), deviceLength))
}

// The key signs the cookies of devices. It is derived from the password, so that cookies remain valid after a restart
// and become invalid with a new password.
func (d *Dashboard) deviceKey() []byte {
	secret := d.o.Password + "\n" + d.o.Token
	deviceKeys.Lock()
	defer deviceKeys.Unlock()
	key, made := deviceKeys.of[secret]
	if !made {
		// The only error is about the key's length, which is valid.
		key, _ = pbkdf2.Key(sha256.New, secret, []byte("autoscalebot device"), deviceRounds, sha256.Size)
		deviceKeys.of[secret] = key
	}
	return key
}

// By secret. Deriving a key is slow on purpose.
var deviceKeys = struct {
	sync.Mutex
	of map[string][]byte
}{of: map[string][]byte{}}
