package starter

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Conversion is what became of a key of another autoscaler's file. It shows no secret.
type Conversion struct {
	// Key is the key, as "[section] key".
	Key string
	// What became of it: "taken as …", "replaced by …", "not needed: …", "left to the environment: …", "not known: …".
	What string
}

// Options say how an autoscaler.ini is read.
type Options struct {
	// Secrets has secrets written into the file, too.
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

// FromINI makes a file of an autoscaler.ini, and says what became of each of its keys, in its order.
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

// configparser leaves quotes on.
func unquote(v string) string {
	if n := len(v); n >= 2 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		return v[1 : n-1]
	}
	return v
}

func (s *seed) take(key, value string) string {
	if strings.TrimSpace(value) == "" {
		return "left out: it is empty"
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
		return "taken as the user in HAPROXY_HOSTS"
	case "[haproxy] ssh_params", "[haproxy] ssh_command":
		return s.params(value)
	case "[haproxy] server_line":
		return s.line(value)
	}
	return "not known: it is left out; autoscalebot settings lists what there is"
}

func (s *seed) key(name, value string) string {
	where := "where the commands find it"
	if name == "AWS_SECRET_ACCESS_KEY" {
		s.lines["COMMAND_ENV"] = name
		where = "from where COMMAND_ENV hands it to the commands"
	}
	if !s.Secrets {
		return "left to the environment: set " + name + " there, " + where + "; it is not in the file"
	}
	s.lines[name] = value
	return "taken as " + name + ", in the file as it was asked for; commands find it only in the environment, so set " +
		"it there as well"
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)

func (s *seed) region(value string) string {
	switch command := s.values["[machine] scale_up_command"]; {
	case !regionName.MatchString(value):
		return "left out: it is no region of AWS, such as eu-central-1"
	case !isAWS(command):
		return "left to the environment: set AWS_REGION there, where the commands find it"
	case strings.Contains(command, "--region"):
		return "replaced by --region, which the command has already"
	}
	return "taken as --region in POOL_LIST_COMMAND, POOL_CREATE_COMMAND and POOL_DESTROY_COMMAND"
}

func isAWS(command string) bool { return strings.Contains(command, "aws ec2 run-instances") }

var hidden = regexp.MustCompile(`(?i)(secret|password|passwd|token|api_?key)[a-z_-]*[= ]+[^ $]`)

func (s *seed) create(value string) string {
	command := strings.Join(strings.Fields(value), " ")
	if strings.ContainsAny(value, "\"'\\") {
		command = strings.TrimSpace(strings.ReplaceAll(value, "\n", " "))
	}
	if s.holdsSecret(command) && !s.Secrets {
		return "left out: it seems to hold a secret; write POOL_CREATE_COMMAND yourself, and have it take the secret " +
			"from the environment"
	}
	list, destroy := "", ""
	told := "taken as POOL_CREATE_COMMAND"
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
			told += "; have its tags name the server and the pool: " +
				"{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}"
			s.notes["POOL_CREATE_COMMAND"] = "CHANGE: Has the server $SERVER_NAME made. Its tags must be " +
				"{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}, or the bot does not know its own."
		} else {
			command += ` --tag-specifications "ResourceType=instance,Tags=[{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}]"`
			told += ", with the tags by which the bot knows its servers"
		}
		if n := countIn(command); n > 1 {
			told += fmt.Sprintf("; it makes %d servers at a time, so set --count 1, as the bot asks for "+
				"one at a time", n)
			s.notes["POOL_CREATE_COMMAND"] = "CHANGE: Has the server $SERVER_NAME made. It must make one, so " +
				"set --count 1."
		}
		told += "; POOL_LIST_COMMAND and POOL_DESTROY_COMMAND are added"
	} else {
		told += "; write POOL_LIST_COMMAND and POOL_DESTROY_COMMAND beside it, and have it tag the server " +
			"$SERVER_NAME of the pool $POOL_NAME"
		s.notes["POOL_CREATE_COMMAND"] = "CHANGE: Has the server $SERVER_NAME made, with a tag of the pool " +
			"$POOL_NAME (docs/pools/command.md)."
	}
	s.lines["POOL_LIST_COMMAND"], s.lines["POOL_CREATE_COMMAND"], s.lines["POOL_DESTROY_COMMAND"] = list, command,
		destroy
	return told
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

// ssh comes before the hosts, which are made of the user and the port.
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
	told := "taken as HAPROXY_HOSTS"
	if wrong > 0 {
		told = fmt.Sprintf("taken as HAPROXY_HOSTS, but for %d of them that no host's name can be", wrong)
	}
	if len(out) > 0 {
		s.lines["HAPROXY_HOSTS"] = strings.Join(out, ",")
	}
	return told
}

func (s *seed) params(value string) string {
	var told []string
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
			told = append(told, "-i taken as SSH_KEY_FILE")
			i++
		case w == "-p" || w == "-l":
			told = append(told, w+" taken as a part of HAPROXY_HOSTS")
			i++
		case w == "-o" || strings.HasPrefix(w, "-o"):
			option := strings.TrimPrefix(w, "-o")
			if option == "" {
				option, i = next, i+1
			}
			told = append(told, s.option(option))
		case w == "-R" || w == "-L" || w == "-D" || w == "-J":
			told = append(told, w+" not needed, as servers do not talk to each other")
			i++
		case w == "-N" || w == "-T" || w == "-q" || w == "-n" || w == "-f":
			told = append(told, w+" not needed")
		default:
			told = append(told, "a word that is not known left out")
		}
	}
	if len(told) == 0 {
		return "replaced by HAPROXY_HOSTS: the bot speaks SSH itself"
	}
	slices.Sort(told)
	return strings.Join(slices.Compact(told), ", ")
}

func (s *seed) option(option string) string {
	name, value, _ := strings.Cut(option, "=")
	switch strings.ToLower(name) {
	case "stricthostkeychecking":
		return "StrictHostKeyChecking replaced by a check that is always made: put the machines' keys into " +
			"SSH_KNOWN_HOSTS_FILE by ssh-keyscan"
	case "userknownhostsfile":
		if value != "" && value != "/dev/null" {
			s.lines["SSH_KNOWN_HOSTS_FILE"] = s.home(value)
			return "UserKnownHostsFile taken as SSH_KNOWN_HOSTS_FILE"
		}
		return "UserKnownHostsFile replaced by SSH_KNOWN_HOSTS_FILE, whose keys are always checked"
	case "identityfile":
		s.lines["SSH_KEY_FILE"] = s.home(value)
		return "IdentityFile taken as SSH_KEY_FILE"
	}
	return "an option of -o left out"
}

// home writes a path so that no shell is needed to find it.
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
	otherPort = regexp.MustCompile(`: ?[+-]?[0-9]|:\$`) // one that stands elsewhere, or is no number
)

const usualPort = "80"

func (s *seed) serverPort(line string) (told string) {
	var ports []string
	for _, m := range linePort.FindAllStringSubmatch(line, -1) {
		ports = append(ports, m[1])
	}
	ports = slices.Compact(ports)
	switch n := len(ports); {
	case n == 0 && otherPort.MatchString(line):
		return "; its port is unknown, so look at SERVER_PORT"
	case n == 0:
		return ""
	case n > 1:
		return "; it names several ports, so look at SERVER_PORT"
	}
	switch n, err := strconv.Atoi(ports[0]); {
	case err != nil || n < 1 || n > 65535:
		return "; its port is invalid (must be 1–65535), so look at SERVER_PORT"
	case ports[0] == usualPort:
		return ""
	default:
		s.lines["SERVER_PORT"] = strconv.Itoa(n)
		return ", and the port as SERVER_PORT"
	}
}

func (s *seed) line(value string) string {
	line := strings.Join(strings.Fields(value), " ")
	told := "taken as HAPROXY_SERVER_LINE"
	if strings.Contains(line, "$SERVER") {
		line = strings.ReplaceAll(line, "$SERVER", "$NAME")
		told += ", with $NAME for $SERVER"
	}
	m := lineStart.FindStringSubmatch(line)
	if m == nil || slices.ContainsFunc(lineWord.FindAllString(line, -1),
		func(w string) bool { return w != "$NAME" && w != "$IP" && w != "$PORT" }) {
		return "replaced by server $NAME $IP:$PORT check" + s.serverPort(line) +
			": a line of HAProxy begins with server $NAME $IP"
	}
	told += s.serverPort(line)
	if !strings.Contains(line+" ", " check ") {
		told += "; HAProxy itself checks only servers whose line says check"
	}
	s.lines["HAPROXY_SERVER_LINE"] = line
	return told
}
