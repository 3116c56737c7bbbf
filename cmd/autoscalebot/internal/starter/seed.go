package starter

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Conversion is the result for a key of another autoscaler's file. It contains no secret.
type Conversion struct {
	// Key is the key, as "[section] key".
	Key string
	// What is the result: "becomes …", "replaced by …", "not needed: …" or "left out: …".
	What string
}

// Options configure how FromINI converts an autoscaler.ini.
type Options struct {
	// Secrets puts secrets into the file too.
	Secrets bool
	// Home is the folder that ~ stands for.
	Home string
}

type seed struct {
	Options
	values  map[string]string // by "[section] key"
	results []Conversion
	lines   map[string]string
	notes   map[string]string
	user    string
	port    string
}

// FromINI converts an autoscaler.ini. The conversions are in the order of its keys. Errors quote no value.
func FromINI(text []byte, o Options) (File, []Conversion, error) {
	pairs, err := parseINI(text)
	if err != nil {
		return File{}, nil, err
	}
	s := &seed{Options: o, values: map[string]string{}, lines: map[string]string{}, notes: map[string]string{}}
	for _, p := range pairs {
		s.values["["+p.section+"] "+p.key] = unquote(p.value)
	}
	s.ssh()
	for _, p := range pairs {
		key := "[" + p.section + "] " + p.key
		s.results = append(s.results, Conversion{key, s.take(key, s.values[key])})
	}
	return s.file(), s.results, nil
}

// Python's configparser does not remove quotes.
func unquote(v string) string {
	if n := len(v); n >= 2 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		return v[1 : n-1]
	}
	return v
}

func (s *seed) take(key, value string) string {
	if strings.TrimSpace(value) == "" {
		return "left out: empty"
	}
	switch key {
	case "[aws] aws_access_key", "[aws] aws_access_key_id", "[aws] access_key":
		return s.key("AWS_ACCESS_KEY_ID", value)
	case "[aws] aws_secret_key", "[aws] aws_secret_access_key", "[aws] secret_key":
		return s.key("AWS_SECRET_ACCESS_KEY", value)
	case "[aws] region", "[aws] aws_region", "[aws] aws_default_region":
		return s.region(value)
	case "[machine] scale_up_command":
		return s.create(value)
	case "[haproxy] servers":
		return s.hosts(value)
	case "[haproxy] ssh_user":
		return "becomes the user in HAPROXY_HOSTS"
	case "[haproxy] ssh_params", "[haproxy] ssh_command":
		return s.params(value)
	case "[haproxy] server_line":
		return s.line(value)
	}
	return "left out: unknown key. The command autoscalebot settings lists all settings"
}

func (s *seed) key(name, value string) string {
	passed := ""
	if name == "AWS_SECRET_ACCESS_KEY" {
		s.lines["COMMAND_ENV"] = name
		passed = ". COMMAND_ENV passes it to the commands"
	}
	if !s.Secrets {
		return "left out: set " + name + " in the environment" + passed
	}
	s.lines[name] = value
	return "becomes " + name + ". Set it in the environment as well: commands do not see the file"
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)

func (s *seed) region(value string) string {
	switch command := s.values["[machine] scale_up_command"]; {
	case !regionName.MatchString(value):
		return "left out: not an AWS region, such as eu-central-1"
	case !isAWS(command):
		return "left out: set AWS_REGION in the environment, where the commands see it"
	case strings.Contains(command, "--region"):
		return "replaced by the --region of the command"
	}
	return "becomes --region in POOL_LIST_COMMAND, POOL_CREATE_COMMAND and POOL_DESTROY_COMMAND"
}

func isAWS(command string) bool { return strings.Contains(command, "aws ec2 run-instances") }

var hidden = regexp.MustCompile(`(?i)(secret|password|passwd|token|api_?key)[a-z_-]*[= ]+[^ $]`)

func (s *seed) create(value string) string {
	command := strings.Join(strings.Fields(value), " ")
	if strings.ContainsAny(value, "\"'\\") {
		command = strings.TrimSpace(strings.ReplaceAll(value, "\n", " "))
	}
	if s.holdsSecret(command) && !s.Secrets {
		return "left out: it seems to contain a secret. Write POOL_CREATE_COMMAND so that it takes the secret from " +
			"the environment"
	}
	list, destroy := "", ""
	result := "becomes POOL_CREATE_COMMAND"
	if isAWS(command) {
		region := regionIn(command)
		if r := s.values["[aws] region"]; region == "" && regionName.MatchString(r) {
			region = r
			command += " --region " + r
		}
		if !strings.Contains(command, "--output") {
			command += " --output json"
		}
		with := ""
		if region != "" {
			with = " --region " + region
		}
		list = `aws ec2 describe-instances --output json --filters "Name=tag:pool,Values=$POOL_NAME"` + with
		destroy = `aws ec2 terminate-instances --instance-ids "$SERVER_ID"` + with
		if strings.Contains(command, "--tag-specifications") {
			result += "; its tags must name the server and the pool: " +
				"{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}"
			s.notes["POOL_CREATE_COMMAND"] = "CHANGE: Creates the server $SERVER_NAME. Its tags must be " +
				"{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}: the bot finds its servers by them."
		} else {
			command += ` --tag-specifications "ResourceType=instance,Tags=[{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}]"`
			result += ", with the tags by which the bot finds its servers"
		}
		if n := countIn(command); n > 1 {
			result += fmt.Sprintf("; it creates %d servers at a time: set --count 1", n)
			s.notes["POOL_CREATE_COMMAND"] = "CHANGE: Creates the server $SERVER_NAME. Set --count 1: it must " +
				"create one server."
		}
		result += "; POOL_LIST_COMMAND and POOL_DESTROY_COMMAND are added"
	} else {
		result += "; it must tag the server $SERVER_NAME with the pool $POOL_NAME. Also write POOL_LIST_COMMAND and " +
			"POOL_DESTROY_COMMAND"
		s.notes["POOL_CREATE_COMMAND"] = "CHANGE: Creates the server $SERVER_NAME, with a tag of the pool " +
			"$POOL_NAME (docs/pools/command.md)."
	}
	s.lines["POOL_LIST_COMMAND"], s.lines["POOL_CREATE_COMMAND"], s.lines["POOL_DESTROY_COMMAND"] = list, command,
		destroy
	return result
}

func (s *seed) holdsSecret(command string) bool {
	for key, value := range s.values {
		if strings.HasPrefix(key, "[aws] ") && strings.Contains(key, "key") && len(value) >= 8 &&
			strings.Contains(command, value) {
			return true
		}
	}
	return hidden.MatchString(command)
}

var (
	regionFlag = regexp.MustCompile(`--region[= ]([a-z0-9-]+)`)
	countFlag  = regexp.MustCompile(`--count[= ]([0-9]+)`)
)

func regionIn(command string) string {
	if m := regionFlag.FindStringSubmatch(command); m != nil {
		return m[1]
	}
	return ""
}

func countIn(command string) int {
	if m := countFlag.FindStringSubmatch(command); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 1
}

// The hosts need the user and the port, so this comes first.
func (s *seed) ssh() {
	s.user = s.values["[haproxy] ssh_user"]
	words := strings.Fields(s.values["[haproxy] ssh_params"] + " " + s.values["[haproxy] ssh_command"])
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch user, host, ok := strings.Cut(w, "@"); {
		case w == "-p":
			s.port = next
		case w == "-l":
			s.user = cmp.Or(s.user, next)
		case ok && strings.Contains(host, "$HOST"):
			s.user = cmp.Or(s.user, user)
		}
	}
	if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
		s.port = ""
	}
	if !hostName.MatchString(s.user) {
		s.user = ""
	}
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func (s *seed) hosts(value string) string {
	var out []string
	wrong := 0
	for host := range strings.SplitSeq(value, ",") {
		host = strings.TrimSpace(host)
		switch {
		case host == "":
			continue
		case !hostName.MatchString(host):
			wrong++
			continue
		}
		if s.user != "" {
			host = s.user + "@" + host
		}
		if s.port != "" {
			host += ":" + s.port
		}
		out = append(out, host)
	}
	result := "becomes HAPROXY_HOSTS"
	if wrong > 0 {
		result = fmt.Sprintf("becomes HAPROXY_HOSTS; invalid host names left out: %d", wrong)
	}
	if len(out) > 0 {
		s.lines["HAPROXY_HOSTS"] = strings.Join(out, ",")
	}
	return result
}

func (s *seed) params(value string) string {
	var results []string
	words := strings.Fields(value)
	for i := 0; i < len(words); i++ {
		w, next := words[i], ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "ssh" || strings.Contains(w, "$HOST"):
		case w == "-i" && next != "":
			s.lines["SSH_KEY_FILE"] = s.home(next)
			results = append(results, "-i becomes SSH_KEY_FILE")
			i++
		case w == "-p" || w == "-l":
			results = append(results, w+" becomes part of HAPROXY_HOSTS")
			i++
		case w == "-o" || strings.HasPrefix(w, "-o"):
			option := strings.TrimPrefix(w, "-o")
			if option == "" {
				option, i = next, i+1
			}
			results = append(results, s.option(option))
		case w == "-R" || w == "-L" || w == "-D" || w == "-J":
			results = append(results, w+" is not needed: servers do not talk to each other")
			i++
		case w == "-N" || w == "-T" || w == "-q" || w == "-n" || w == "-f":
			results = append(results, w+" is not needed")
		default:
			results = append(results, "an unknown word is left out")
		}
	}
	if len(results) == 0 {
		return "replaced by HAPROXY_HOSTS: the bot has its own SSH client"
	}
	slices.Sort(results)
	return strings.Join(slices.Compact(results), "; ")
}

func (s *seed) option(option string) string {
	name, value, _ := strings.Cut(option, "=")
	switch strings.ToLower(name) {
	case "stricthostkeychecking":
		return "StrictHostKeyChecking is not needed: host keys are always checked. Add them to SSH_KNOWN_HOSTS_FILE " +
			"with ssh-keyscan"
	case "userknownhostsfile":
		if value != "" && value != "/dev/null" {
			s.lines["SSH_KNOWN_HOSTS_FILE"] = s.home(value)
			return "UserKnownHostsFile becomes SSH_KNOWN_HOSTS_FILE"
		}
		return "UserKnownHostsFile is replaced by SSH_KNOWN_HOSTS_FILE: host keys are always checked"
	case "identityfile":
		s.lines["SSH_KEY_FILE"] = s.home(value)
		return "IdentityFile becomes SSH_KEY_FILE"
	}
	return "an unknown option of -o is left out"
}

// The bot runs no shell, which would expand the ~.
func (s *seed) home(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return s.Home + "/" + rest
	}
	return path
}

var (
	lineStart = regexp.MustCompile(`^server \$NAME \$IP(:([0-9]+|\$PORT))?( .*)?$`)
	lineWord  = regexp.MustCompile(`\$[A-Za-z_]*`)
	linePort  = regexp.MustCompile(`\$(?:IP|\{IP\})\]?:([0-9]+)`)
	otherPort = regexp.MustCompile(`: ?[+-]?[0-9]|:\$`) // a port elsewhere in the line, or not a number
)

const usualPort = "80"

func (s *seed) serverPort(line string) (result string) {
	var ports []string
	for _, m := range linePort.FindAllStringSubmatch(line, -1) {
		ports = append(ports, m[1])
	}
	ports = slices.Compact(ports)
	switch n := len(ports); {
	case n == 0 && otherPort.MatchString(line):
		return "; its port is unknown: check SERVER_PORT"
	case n == 0:
		return ""
	case n > 1:
		return "; it has several ports: check SERVER_PORT"
	}
	switch n, err := strconv.Atoi(ports[0]); {
	case err != nil || n < 1 || n > 65535:
		return "; its port is invalid (must be 1–65535): check SERVER_PORT"
	case ports[0] == usualPort:
		return ""
	default:
		s.lines["SERVER_PORT"] = strconv.Itoa(n)
		return "; its port becomes SERVER_PORT"
	}
}

func (s *seed) line(value string) string {
	line := strings.Join(strings.Fields(value), " ")
	result := "becomes HAPROXY_SERVER_LINE"
	if strings.Contains(line, "$SERVER") {
		line = strings.ReplaceAll(line, "$SERVER", "$NAME")
		result += ", with $NAME instead of $SERVER"
	}
	m := lineStart.FindStringSubmatch(line)
	if m == nil || slices.ContainsFunc(lineWord.FindAllString(line, -1),
		func(w string) bool { return w != "$NAME" && w != "$IP" && w != "$PORT" }) {
		return "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP" +
			s.serverPort(line)
	}
	result += s.serverPort(line)
	if !strings.Contains(line+" ", " check ") {
		result += "; HAProxy itself checks a server only if its line has the word check"
	}
	s.lines["HAPROXY_SERVER_LINE"] = line
	return result
}
