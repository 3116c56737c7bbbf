package settings

import (
	"os"
	"path/filepath"
	"strings"
)

// Storage configures the history and the state file.
type Storage struct {
	History        Text   `envconfig:"HISTORY" once:"true" default:"auto" desc:"Where the history is kept: ''sqlite:PATH'', ''postgres'', ''memory'', ''none'', or ''auto''."`
	DatabaseURL    Secret `envconfig:"DATABASE_URL" once:"true" desc:"URL of the PostgreSQL database: ''postgres://user:password@host:5432/name''; Heroku sets it."`
	HistoryRaw     Days   `envconfig:"HISTORY_DAYS" once:"true" default:"7" desc:"Days to keep each heartbeat; in memory at most 3 hours."`
	HistoryMinutes Days   `envconfig:"HISTORY_MINUTES_DAYS" once:"true" default:"90" desc:"Days to keep a summary of each minute; in memory at most 7."`
	HistoryHours   Days   `envconfig:"HISTORY_HOURS_DAYS" once:"true" default:"1095" desc:"Days to keep a summary of each hour; in memory at most 90."`
	StateFile      Text   `envconfig:"STATE_FILE" desc:"File that keeps counts, cooldowns, pauses and open incidents across restarts."`
}

func (ps *Problems) checkHistory(s *Settings) {
	if _, err := readDatabaseURL(s.DatabaseURL.Reveal()); s.HistoryOnServer() &&
		isPostgres(s.DatabaseURL) && err != nil {
		ps.add("DATABASE_URL", "%v", err)
	}
	switch h := string(s.History); {
	case h == "auto" || h == "memory" || h == "none":
	case h == "postgres":
		ps.need("DATABASE_URL", s.DatabaseURL.Reveal(),
			"HISTORY=postgres needs it, such as postgres://user:password@host:5432/name")
		if s.DatabaseURL != "" && !isPostgres(s.DatabaseURL) {
			ps.add("DATABASE_URL", "must be the URL of a PostgreSQL database, which begins with postgres://")
		}
	case strings.HasPrefix(h, "sqlite:") && len(h) > len("sqlite:"):
	case strings.Contains(h, "://"):
		ps.add("HISTORY", "must not be a URL. Set DATABASE_URL to it, and HISTORY to postgres")
	default:
		ps.add("HISTORY", "%q: must be auto, sqlite:PATH, postgres, memory or none", h)
	}
}

func isPostgres(u Secret) bool {
	_, ok := cutPostgres(u.Reveal())
	return ok
}

// HistoryURL is the place of the app's history for history.Open, "" if no history is kept. It may hold a password.
// folder is a folder to create first, "" if no folder is needed.
func (s *Settings) HistoryURL() (url, folder string) {
	switch h := string(s.History); {
	case h == "none":
		return "", ""
	case h == "postgres", h == "auto" && isPostgres(s.DatabaseURL):
		d, _ := readDatabaseURL(s.DatabaseURL.Reveal()) // checked before
		return d.url, ""
	case h != "auto":
		return h, ""
	// on Heroku and Cloud Foundry a disk does not outlast the dyno
	case os.Getenv("DYNO") != "" || s.VCAPApplication != "":
		return "memory", ""
	}
	folder = stateFolder()
	if folder == "" {
		return "memory", ""
	}
	return "sqlite:" + filepath.Join(folder, s.fileName()+".db"), folder
}

// HistoryOnServer is true if the history is in a database that other machines can reach.
func (s *Settings) HistoryOnServer() bool {
	return s.History == "postgres" || s.History == "auto" && isPostgres(s.DatabaseURL)
}

// See the XDG Base Directory Specification. "" if there is no home folder.
func stateFolder() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "autoscalebot")
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Join(home, ".local", "state", "autoscalebot")
}
