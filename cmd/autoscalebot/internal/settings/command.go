package settings

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Command configures the platform of commands, and the environment of all commands and processes that the bot starts.
type Command struct {
	CountCommand Text `envconfig:"COUNT_COMMAND" desc:"Command: prints the number of dynos."`
	ScaleCommand Text `envconfig:"SCALE_COMMAND" desc:"Command: sets the number of dynos, given as ''$1'' and ''$DYNOS'', or appended if it uses neither."`
	CommandEnv   Text `envconfig:"COMMAND_ENV" list:"," once:"true" desc:"Secrets that commands and local processes may see: names of variables, separated by commas."`
}

func (ps *Problems) checkCommand(s *Settings) {
	ps.need("COUNT_COMMAND", string(s.CountCommand), "set a command that prints the number of dynos")
	ps.need("SCALE_COMMAND", string(s.ScaleCommand), "set a command that changes the number of dynos")
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
		ps.add("COMMAND_ENV", "%q: must be names of environment variables, separated by commas, such as "+
			"DATABASE_URL,AWS_SECRET_ACCESS_KEY", name)
		if hasValue { // what follows may be part of a secret
			return
		}
	}
}

// CommandEnviron returns the environment of the commands and processes that the bot starts: its own, without the
// secrets of its settings and without the variables that the settings file uses in a secret. What COMMAND_ENV names
// stays.
func (s *Settings) CommandEnviron() []string {
	secret, passed := secretVariables(), s.passed()
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		return (secret[name] || hasPassword(name, value)) && !slices.Contains(passed, name)
	})
}

// PassedSecrets returns the values of the secrets that commands get because COMMAND_ENV names them.
func (s *Settings) PassedSecrets() (values []string) {
	secret := secretVariables()
	for _, name := range s.passed() {
		if value := os.Getenv(name); value != "" && (secret[name] || hasPassword(name, value)) {
			values = append(values, value)
		}
	}
	return values
}

// CommandNotes returns hints about COMMAND_ENV: variables that are not set, and secrets that commands often need and do
// not get.
func (s *Settings) CommandNotes() (notes []string) {
	passed := s.passed()
	for _, name := range passed {
		if _, set := os.LookupEnv(name); !set {
			notes = append(notes, "COMMAND_ENV: "+name+" is not set in the environment")
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
			". If they need it, set COMMAND_ENV="+names)
	}
	return notes
}

func secretVariables() map[string]bool {
	secret, sources := map[string]bool{}, new(Problems).sources()
	for _, signal := range []string{"", "TRACES_", "METRICS_", "LOGS_"} { // collectors expect their API key there
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

func hasPassword(name, value string) bool {
	if !slices.Contains([]string{"HEARTBEAT_URL", "CONTROL_URL"}, strings.TrimPrefix(name, Prefix)) {
		return false
	}
	u, err := url.Parse(value)
	return err != nil || u.User != nil
}
