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
	// They make it slow to guess the password by a device's cookie.
	deviceRounds = 200_000
)

// A browser that signed in before shows a cookie, so that the wrong passwords of others at its address, such as
// that of a proxy, do not keep it out.
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

// It signs the cookies of devices. It is made of the password, so that the bot knows them after a restart too, and
// no longer once the password is another one.
func (d *Dashboard) deviceKey() []byte {
	secret := d.o.Password + "\n" + d.o.Token
	deviceKeys.Lock()
	defer deviceKeys.Unlock()
	key, made := deviceKeys.of[secret]
	if !made {
		// The error tells of lengths, which are right.
		key, _ = pbkdf2.Key(sha256.New, secret, []byte("autoscalebot device"), deviceRounds, sha256.Size)
		deviceKeys.of[secret] = key
	}
	return key
}

// by what they are made of, since making one takes long
var deviceKeys = struct {
	sync.Mutex
	of map[string][]byte
}{of: map[string][]byte{}}
