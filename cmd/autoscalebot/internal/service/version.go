package service

import (
	"runtime/debug"
	"strings"
)

// Released is the version of the newest entry in CHANGELOG.md. The tag of its release is this version after a "v".
const Released = "0.1.0"

// Version returns the program's semantic version, without "v": that of the tag or of go install's module, if the build
// recorded it; otherwise [Released].
func Version() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if info == nil {
		return Released
	}
	version, ok := strings.CutPrefix(info.Main.Version, "v")
	// Without tags, go build records 0.0.0 with the time of the commit.
	if !ok || strings.HasPrefix(version, "0.0.0-") {
		return Released
	}
	return version
}

// UserAgent returns the header User-Agent of the bot's requests.
func UserAgent() string { return "autoscalebot/" + Version() }
