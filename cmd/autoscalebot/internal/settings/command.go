package settings

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Command are the settings of a platform of commands, and of what all commands and processes that the bot starts get of
// its environment.
type Command struct {
	CountCommand Text `envconfig:"COUNT_COMMAND" desc:"Command: prints the number of dynos."`
	ScaleCommand Text `envconfig:"SCALE_COMMAND" desc:"Command: sets the number of dynos, given as ''$1'' and ''$DYNOS'', or appended if it uses neither."`
	CommandEnv   Text `envconfig:"COMMAND_ENV" list:"," once:"true" desc:"Secrets that commands and local processes may see: names of variables, separated by commas."`
}

func (ps *Problems) checkCommand(s *Settings) {
	ps.need("COUNT_COMMAND", string(s.CountCommand), "a command that prints the number of dynos")
	ps.need("SCALE_COMMAND", string(s.ScaleCommand), "a command that sets the number of dynos")
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (s *Settings) passed() []string {
	return strings.FieldsFunc(string(s.CommandEnv), func(r rune) bool { return r == ',' || r == ' ' })
}

func (ps *Problems) checkCommandEnv(s *Settings) {
	for _, name := range s.passed() {
		if variableName.MatchString(name) {
			continue
		}
		name, _, hasValue := strings.Cut(name, "=")
		ps.add("COMMAND_ENV", "%q: write names of environment variables with commas between, such as "+
			"DATABASE_URL,AWS_SECRET_ACCESS_KEY", name)
		if hasValue { // a secret, all that follows may be part of it
			return
		}
	}
}

// CommandEnviron returns the environment of the commands and processes that the bot starts: its own less the secrets of
// its settings, and less the variables that the settings file puts into a secret. What COMMAND_ENV names stays.
func (s *Settings) CommandEnviron() []string {
	secret, passed := secretVariables(), s.passed()
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		return (secret[name] || hasPassword(name, value)) && !slices.Contains(passed, name)
	})
}

// PassedSecrets are the values of the secrets that commands find in their environment because COMMAND_ENV names them.
func (s *Settings) PassedSecrets() (values []string) {
	secret := secretVariables()
	for _, name := range s.passed() {
		if value := os.Getenv(name); value != "" && (secret[name] || hasPassword(name, value)) {
			values = append(values, value)
		}
	}
	return values
}

// CommandNotes say what COMMAND_ENV names in vain, and which secrets that commands often need it does not name.
func (s *Settings) CommandNotes() (notes []string) {
	passed := s.passed()
	for _, name := range passed {
		if _, set := os.LookupEnv(name); !set {
			notes = append(notes, "COMMAND_ENV: the environment has no "+name)
		}
	}
	if s.Platform != "command" && s.Platform != "local" && s.PoolProvider != "command" && s.PoolProvider != "local" {
		return notes
	}
	var withheld []string
	for _, name := range []string{
		"DATABASE_URL", "HEARTBEAT_TOKEN", "VCAP_SERVICES", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "DIGITALOCEAN_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS",
	} {
		if os.Getenv(name) != "" && !slices.Contains(passed, name) {
			withheld = append(withheld, name)
		}
	}
	if len(withheld) > 0 {
		names := strings.Join(withheld, ",")
		notes = append(notes, "the commands and processes that the bot starts do not get "+names+
			"; if they need it: COMMAND_ENV="+names)
	}
	return notes
}

// secretVariables are the names under which the environment may hold secrets of the settings and of OpenTelemetry's.
func secretVariables() map[string]bool {
	secret, sources := map[string]bool{}, new(Problems).sources()
	for _, signal := range []string{"", "TRACES_", "METRICS_", "LOGS_"} { // in which collectors want their API key
		secret["OTEL_EXPORTER_OTLP_"+signal+"HEADERS"] = true
	}
	for _, f := range fields() {
		name := f.Tag.Get("envconfig")
		if !secretive(f) {
			continue
		}
		secret[name], secret[Prefix+name] = true, true
		for _, src := range sources {
			g, _ := src.given(name)
			for _, variable := range g.names {
				secret[variable] = true
			}
		}
	}
	return secret
}

// hasPassword says whether a setting that is an address holds a password, as HEARTBEAT_URL may.
func hasPassword(name, value string) bool {
	if !slices.Contains([]string{"HEARTBEAT_URL", "CONTROL_URL"}, strings.TrimPrefix(name, Prefix)) {
		return false
	}
	u, err := url.Parse(value)
	return err != nil || u.User != nil
}
