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

// Admin are the settings of how a running bot is asked.
type Admin struct {
	Paused      Directions `envconfig:"PAUSED" desc:"Pause scaling while this is set: ''up'', ''down'' or ''up,down''; the limits still apply."`
	AdminSocket Text       `envconfig:"ADMIN_SOCKET" desc:"Unix socket for ''status'', ''pause'' and the like; default: a path in the runtime folder; ''none'' = off."`
	AdminAddr   Text       `envconfig:"ADMIN_ADDR" desc:"TCP address for the same commands, such as ''127.0.0.1:7070''; unencrypted, off by default."`
	AdminToken  Secret     `envconfig:"ADMIN_TOKEN" once:"true" desc:"Bearer token that ''ADMIN_ADDR'' requires, at least 16 characters, as from ''openssl rand -hex 16''."`
}

var adminSettings = []string{
	"HEROKU_APP_NAME", "HEROKU_PROCESS_TYPE", "PLATFORM", "TIME_ZONE", "ADMIN_SOCKET", "ADMIN_ADDR",
	"ADMIN_TOKEN", "DRY_RUN",
	"HISTORY", "DATABASE_URL", "HISTORY_DAYS", "HISTORY_MINUTES_DAYS", "HISTORY_HOURS_DAYS", "DYNO_PRICE_PER_MONTH",
}

// LoadAdmin reads only the settings that tell where a running bot is asked: the app's name, its process type, the
// platform, the time zone, DRY_RUN, and those that begin with ADMIN_. All others are left zero, so whoever asks needs
// no API key. Where the file names several process types and HEROKU_PROCESS_TYPE none, they are those of the first. Its
// error is the [Problems], all of them.
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

// shortestToken is the least length of ADMIN_TOKEN: whoever guesses it scales the app.
const shortestToken = 16

func (ps *Problems) checkAdmin(s *Settings) {
	if _, port, err := net.SplitHostPort(string(s.AdminAddr)); s.AdminAddr != "" && (err != nil || port == "") {
		ps.add("ADMIN_ADDR", "%q: write host:port, such as 127.0.0.1:7070", s.AdminAddr)
	}
	switch token := s.AdminToken.Reveal(); {
	case token == "" && s.AdminAddr != "":
		ps.add("ADMIN_TOKEN", "is not set; ADMIN_ADDR needs it, such as one from: openssl rand -hex 16")
	case token != "" && (len(token) < shortestToken || unprintable(token)):
		ps.add("ADMIN_TOKEN", "has fewer than %d characters, or one that no header can hold; make one by: openssl "+
			"rand -hex 16", shortestToken)
	}
}

func unprintable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

var notInFile = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// fileName is part of a file's name, and differs for each app and process type.
func (s *Settings) fileName() string {
	full := s.App() + "-" + string(s.HerokuProcessType)
	name := notInFile.ReplaceAllString(full, "-")
	if len(name) > 40 || name != full { // a socket's path has 100 bytes or so, and two names must not become one
		name = fmt.Sprintf("%.40s-%x", name, sha256.Sum256([]byte(full)))[:min(len(name), 40)+9]
	}
	return name
}

// SocketPath is where the running bot of the app listens, and where it is asked: ADMIN_SOCKET, or else a path that the
// app's name and the process type make, in a folder of the user's own below the runtime folder; "" if it is switched
// off.
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
