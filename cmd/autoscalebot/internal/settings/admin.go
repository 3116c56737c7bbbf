package settings

import (
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Admin configures how commands reach a running bot.
type Admin struct {
	Paused      Directions `envconfig:"PAUSED" desc:"Pause scaling while this is set: ''up'', ''down'' or ''up,down''; the limits still apply."`
	AdminSocket Text       `envconfig:"ADMIN_SOCKET" desc:"Unix socket for ''status'', ''pause'' and the like; default: a path in the runtime folder; ''none'' = off."`
	AdminAddr   Text       `envconfig:"ADMIN_ADDR" desc:"TCP address for the same commands, such as ''127.0.0.1:7070''; unencrypted, off by default."`
	AdminToken  Secret     `envconfig:"ADMIN_TOKEN" once:"true" desc:"Bearer token that ''ADMIN_ADDR'' requires, at least 16 characters, such as one from ''openssl rand -hex 16''."`
}

var adminSettings = []string{
	"HEROKU_APP_NAME", "HEROKU_PROCESS_TYPE", "PLATFORM", "TIME_ZONE", "ADMIN_SOCKET", "ADMIN_ADDR",
	"ADMIN_TOKEN", "DRY_RUN",
	"HISTORY", "DATABASE_URL", "HISTORY_DAYS", "HISTORY_MINUTES_DAYS", "HISTORY_HOURS_DAYS", "DYNO_PRICE_PER_MONTH",
}

// LoadAdmin reads only the settings that commands need to reach a running bot: the app's name, the process type, the
// platform, the time zone, DRY_RUN, the history and ADMIN_*. All others are zero, so commands need no API key. If the
// file has several process types and HEROKU_PROCESS_TYPE is not set, LoadAdmin uses the first. Its error is a
// [Problems] with all mistakes.
func LoadAdmin() (*Settings, error) {
	var problems Problems
	src := problems.sources()[0]
	start := len(problems)
	s := problems.read(src, func(name string) bool { return slices.Contains(adminSettings, name) })
	problems.checkAdmin(s)
	problems.checkHistory(s)
	problems.place(start, src)
	if len(problems) > 0 {
		return nil, problems
	}
	return s, nil
}

// Anybody who guesses ADMIN_TOKEN can scale the app.
const shortestToken = 16

func (ps *Problems) checkAdmin(s *Settings) {
	if _, port, err := net.SplitHostPort(string(s.AdminAddr)); s.AdminAddr != "" && (err != nil || port == "") {
		ps.add("ADMIN_ADDR", "%q: must be host:port, such as 127.0.0.1:7070", s.AdminAddr)
	}
	switch token := s.AdminToken.Reveal(); {
	case token == "" && s.AdminAddr != "":
		ps.add("ADMIN_TOKEN", "is not set; ADMIN_ADDR needs it. Create one with: openssl rand -hex 16")
	case token != "" && (len(token) < shortestToken || unprintable(token)):
		ps.add("ADMIN_TOKEN", "must have at least %d printable ASCII characters without spaces. Create one with: "+
			"openssl rand -hex 16", shortestToken)
	}
}

func unprintable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

var notInFile = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// It differs for each app and process type.
func (s *Settings) fileName() string {
	full := s.App() + "-" + string(s.HerokuProcessType)
	name := notInFile.ReplaceAllString(full, "-")
	// a socket's path is limited to about 100 bytes, and two names must not become one
	if len(name) > 40 || name != full {
		name = fmt.Sprintf("%.40s-%x", name, sha256.Sum256([]byte(full)))[:min(len(name), 40)+9]
	}
	return name
}

// SocketPath is the path of the control socket: ADMIN_SOCKET, or by default a path made of the app's name and the
// process type, in a folder of the user's below XDG_RUNTIME_DIR or the folder for temporary files. It is "" if the
// socket is switched off.
func (s *Settings) SocketPath() string {
	switch given := string(s.AdminSocket); {
	case strings.EqualFold(given, "none"):
		return ""
	case given != "":
		return given
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, fmt.Sprintf("autoscalebot-%d", os.Getuid()), s.fileName()+".sock")
}
