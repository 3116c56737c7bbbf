package starter_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/starter"
)

// load reads a settings file as the bot does.
func load(t *testing.T, text []byte) (*settings.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "autoscale.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AUTOSCALE_FILE", path)
	return settingstest.Load()
}

// off is a line with a setting that is not in force.
var off = regexp.MustCompile(`(?m)^#([a-z0-9_]+: )`)

func TestEveryFileIsRead(t *testing.T) {
	settingstest.Env(t)
	for _, platform := range append(starter.Platforms(), "pool") {
		t.Run(platform, func(t *testing.T) {
			f, ok := starter.New(platform)
			if !ok {
				t.Fatal("there is none")
			}
			text := f.YAML()
			all := off.ReplaceAll(text, []byte("$1"))
			if n := len(off.FindAll(text, -1)); n < 2 {
				t.Errorf("%d settings are off:\n%s", n, text)
			}
			if _, err := load(t, all); err != nil {
				t.Errorf("with all settings in force: %v\n%s", err, text)
			}
			for _, secret := range f.Secrets() {
				t.Setenv(secret, "s3cr3t-of-the-environment")
				if !strings.Contains(string(text), "\n#"+strings.ToLower(secret)+": ") {
					t.Errorf("%s is in force in the file", secret)
				}
			}
			s, err := load(t, text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if want := string(s.Platform); want != platform && want != "pool" || f.Changes() == 0 {
				t.Errorf("the platform is %s, and %d settings are to be changed", want, f.Changes())
			}
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "# ") && len(line) > 101 || strings.ContainsAny(line, "`\t") || strings.Contains(line, "](") {
					t.Errorf("the line %q", line)
				}
			}
		})
	}
	if _, ok := starter.New("elsewhere"); ok {
		t.Error("there is a file for an unknown platform")
	}
}

// Whatever a value is, the bot reads it from the file as it was.
func TestValuesAreReadAsTheyAre(t *testing.T) {
	settingstest.Env(t)
	word := rapid.SampledFrom([]string{
		"$", "$$", "${", "${HOME}", "$NAME", "'", "\"", "\\", "#", " #", ": ", "-", "- ", "{", "}", "[", "]", "&", "*", "!", "|", ">", "%", "@", "`", ",", "?",
		"a", "yes", "no", "null", "~", "0", "0x1", "1e3", "1:30", "2026-01-01", " ", "\n", "é", "\u2028", "\u0085", "\ufeff", "=", "true",
	})
	path := filepath.Join(t.TempDir(), "autoscale.yaml")
	t.Setenv("AUTOSCALE_FILE", path)
	rapidtest.Check(t, func(t *rapid.T) {
		value := strings.TrimSpace(strings.Join(rapid.SliceOfN(word, 1, 6).Draw(t, "words"), ""))
		if value == "" {
			t.Skip("empty")
		}
		f := starter.File{Sections: []starter.Section{{Title: "x", Lines: []starter.Line{
			{Name: "PLATFORM", Value: "local"}, {Name: "LOCAL_COMMAND", Value: value},
		}}}}
		if err := os.WriteFile(path, f.YAML(), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := settingstest.Load()
		if err != nil {
			t.Fatalf("%v\n%s", err, f.YAML())
		}
		if got := string(s.LocalCommand); got != value {
			t.Fatalf("%q is read as %q from\n%s", value, got, f.YAML())
		}
	})
}

const ini = `# of the first one
[aws]
aws_access_key = AKIAS3CR3TS3CR3TS3CR
aws_secret_key: s3cr3t/s3cr3t+s3cr3t
region=eu-central-1

[machine]
scale_up_command=aws ec2 run-instances --image-id ami-12345678 --count 1
    --instance-type t2.micro --key-name MyKeyPair

[haproxy]
servers = haproxy01, haproxy02.example.com
ssh_user=ubuntu
ssh_params=-i ~/.ssh/id_rsa -p 2222 -o StrictHostKeyChecking=no -R 65432:127.0.0.1:65432
server_line=server $NAME $IP:8080 cookie $NAME
colour=blue
`

func TestAnAutoscalerIniIsTakenOver(t *testing.T) {
	settingstest.Env(t)
	f, results, err := starter.FromINI([]byte(ini), starter.Options{Home: "/home/ann"})
	if err != nil {
		t.Fatal(err)
	}
	want := []starter.Conversion{
		{"[aws] aws_access_key", "left to the environment: set AWS_ACCESS_KEY_ID there, where the commands find it; it is not in the file"},
		{"[aws] aws_secret_key", "left to the environment: set AWS_SECRET_ACCESS_KEY there, from where COMMAND_ENV hands it to the commands; it is not in the file"},
		{"[aws] region", "taken as --region in POOL_LIST_COMMAND, POOL_CREATE_COMMAND and POOL_DESTROY_COMMAND"},
		{"[machine] scale_up_command", "taken as POOL_CREATE_COMMAND, with the tags by which the bot knows its servers; POOL_LIST_COMMAND and POOL_DESTROY_COMMAND are added"},
		{"[haproxy] servers", "taken as HAPROXY_HOSTS"},
		{"[haproxy] ssh_user", "taken as the user in HAPROXY_HOSTS"},
		{"[haproxy] ssh_params", "-R not needed, as servers do not talk to each other, -i taken as SSH_KEY_FILE, -p taken as a part of HAPROXY_HOSTS, " +
			"StrictHostKeyChecking replaced by a check that is always made: put the machines' keys into SSH_KNOWN_HOSTS_FILE by ssh-keyscan"},
		{"[haproxy] server_line", "taken as HAPROXY_SERVER_LINE, and the port as SERVER_PORT; HAProxy itself checks only servers whose line says check"},
		{"[haproxy] colour", "not known: it is left out; autoscalebot settings lists what there is"},
	}
	if !slices.Equal(results, want) {
		t.Errorf("told\n%q, want\n%q", results, want)
	}
	text := strings.ReplaceAll(string(f.YAML()), "/home/ann/.ssh/id_rsa", emptyFile(t))
	text = strings.ReplaceAll(text, "/etc/autoscaler/haproxy.cfg", emptyFile(t))
	s, err := load(t, []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for name, got := range map[string][2]string{
		"create": {string(s.PoolCreate), `aws ec2 run-instances --image-id ami-12345678 --count 1 --instance-type t2.micro --key-name MyKeyPair --region eu-central-1 --output json ` +
			`--tag-specifications "ResourceType=instance,Tags=[{Key=Name,Value=$SERVER_NAME},{Key=pool,Value=$POOL_NAME}]"`},
		"list":    {string(s.PoolList), `aws ec2 describe-instances --output json --filters "Name=tag:pool,Values=$POOL_NAME" --region eu-central-1`},
		"destroy": {string(s.PoolDestroy), `aws ec2 terminate-instances --instance-ids "$SERVER_ID" --region eu-central-1`},
		"hosts":   {strings.Join(s.HAProxyHosts, " "), "ubuntu@haproxy01:2222 ubuntu@haproxy02.example.com:2222"},
		"line":    {string(s.HAProxyServerLine), "server $NAME $IP:8080 cookie $NAME"},
		"rule":    {settings.RuleText(s.Rules[0]), "pool_cpu max=50 min=20 mean=120s"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is\n%s, want\n%s", name, got[0], got[1])
		}
	}
	if s.ServerPort != 8080 {
		t.Errorf("the port is %d", s.ServerPort)
	}
	noSecret(t, text, results)

	f, results, err = starter.FromINI([]byte(ini), starter.Options{Secrets: true})
	if err != nil || !strings.Contains(string(f.YAML()), "\naws_secret_access_key: 's3cr3t/s3cr3t+s3cr3t'\n") {
		t.Errorf("secrets that are asked for are not there: %v\n%s", err, f.YAML())
	}
	noSecret(t, "", results)
}

func emptyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func noSecret(t *testing.T, text string, results []starter.Conversion) {
	t.Helper()
	for _, f := range results {
		text += f.What
	}
	if strings.Contains(strings.ToLower(text), "s3cr3t") {
		t.Errorf("a secret is told:\n%s", text)
	}
}

func TestWhatBecomesOfKeys(t *testing.T) {
	for _, c := range []struct{ ini, what, yaml string }{
		{"[haproxy]\nserver_line=\"$SERVER server1 $IP:80 cookie $SERVER\"", "replaced by server $NAME $IP:$PORT check: a line of HAProxy begins with server $NAME $IP", "haproxy_server_line: 'server $NAME $IP:$PORT check'"},
		{"[haproxy]\nserver_line=\"$SERVER server1 $IP:8080 cookie $SERVER\"", "replaced by server $NAME $IP:$PORT check, and the port as SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 8080"},
		{"[haproxy]\nserver_line=default-server inter 2s\n  server $NAME ${IP}:8081 check", "replaced by server $NAME $IP:$PORT check, and the port as SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 8081"},
		{"[haproxy]\nserver_line=server $NAME $IP:99999 check", "taken as HAPROXY_SERVER_LINE; its port is invalid (must be 1–65535), so look at SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server a $IP:1 server b $IP:2", "replaced by server $NAME $IP:$PORT check; it names several ports, so look at SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $IP:8443 ssl check", "taken as HAPROXY_SERVER_LINE, and the port as SERVER_PORT", "\nserver_port: 8443"},
		{"[haproxy]\nserver_line=server $NAME [$IP]:8082 check", "replaced by server $NAME $IP:$PORT check, and the port as SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 8082"},
		{"[haproxy]\nserver_line=server $NAME 10.0.0.1:8080 check", "replaced by server $NAME $IP:$PORT check; its port is unknown, so look at SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $HOST:8080", "replaced by server $NAME $IP:$PORT check; its port is unknown, so look at SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $IP:+1000 check", "replaced by server $NAME $IP:$PORT check; its port is unknown, so look at SERVER_PORT: a line of HAProxy begins with server $NAME $IP", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $IP:$PORT check", "taken as HAPROXY_SERVER_LINE; its port is unknown, so look at SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line='server $SERVER $IP check'", "taken as HAPROXY_SERVER_LINE, with $NAME for $SERVER", "haproxy_server_line: 'server $NAME $IP check'"},
		{"[haproxy]\nservers=lb; rm -rf /", "taken as HAPROXY_HOSTS, but for 1 of them that no host's name can be", ""},
		{"[haproxy]\nservers=lb\n[x]\ny=", "taken as HAPROXY_HOSTS", "haproxy_hosts: lb"},
		{"[haproxy]\nservers=lb\nssh_command=ssh -i ~/.ssh/me ubuntu@$HOST", "taken as HAPROXY_HOSTS", "haproxy_hosts: ubuntu@lb"},
		{"[haproxy]\nssh_command=ssh -i ~/.ssh/me ubuntu@$HOST", "-i taken as SSH_KEY_FILE", "ssh_key_file: /home/ann/.ssh/me"},
		{"[machine]\nscale_up_command=./new.sh", "taken as POOL_CREATE_COMMAND; write POOL_LIST_COMMAND and POOL_DESTROY_COMMAND beside it, and have it tag the server $SERVER_NAME of the pool $POOL_NAME", "pool_create_command: './new.sh'"},
		{"[machine]\nscale_up_command=AWS_SECRET_ACCESS_KEY=s3cr3t aws ec2 run-instances", "left out: it seems to hold a secret; write POOL_CREATE_COMMAND yourself, and have it take the secret from the environment", ""},
		{"[machine]\nscale_up_command=x s3cr3ts3cr3t\n[aws]\naws_secret_key=s3cr3ts3cr3t", "left out: it seems to hold a secret; write POOL_CREATE_COMMAND yourself, and have it take the secret from the environment", ""},
		{"[machine]\nscale_up_command=aws ec2 run-instances --count 3 --region us-east-1", "taken as POOL_CREATE_COMMAND, with the tags by which the bot knows its servers; it makes 3 servers at a time, so set --count 1, as the bot asks for one at a time; POOL_LIST_COMMAND and POOL_DESTROY_COMMAND are added", "--instance-ids \"$SERVER_ID\" --region us-east-1'"},
		{"[aws]\nregion=the moon", "left out: it is no region of AWS, such as eu-central-1", ""},
		{"[aws]\naws_secret_key=", "left out: it is empty", ""},
	} {
		f, results, err := starter.FromINI([]byte(c.ini), starter.Options{Home: "/home/ann"})
		if err != nil {
			t.Errorf("%s: %v", c.ini, err)
			continue
		}
		if results[0].What != c.what {
			t.Errorf("%s: %s, want %s", c.ini, results[0].What, c.what)
		}
		if text := string(f.YAML()); !strings.Contains(text, c.yaml) {
			t.Errorf("%s: no %s in\n%s", c.ini, c.yaml, text)
		} else {
			noSecret(t, text, results)
		}
	}
}

func TestWhatIsNoIni(t *testing.T) {
	for text, want := range map[string]string{
		"a=1":                        "line 1: it stands above the first [section]",
		"[a]\ns3cr3t":                "line 2: it is neither [section] nor key=value",
		"[a\n":                       "line 1: write a section as [name]",
		"[a]\nb=1\nB : 2":            "line 3: the same key is in line 2 already",
		"[a]\xff":                    "is no text in UTF-8",
		"[a] b":                      "line 1: write a section as [name]",
		strings.Repeat("#", 1<<20+1): "is larger than 1024 KiB",
	} {
		if _, _, err := starter.FromINI([]byte(text), starter.Options{}); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// Whatever the file is, what comes of it can be read, each key has a fate, and no secret of it is told.
func FuzzFromINI(f *testing.F) {
	f.Add(ini)
	f.Add("[haproxy]\nssh_command=ssh -i $HOST -o\nserver_line=\"\"\n[machine]\nscale_up_command=\n")
	f.Add("\ufeff[a]\r\nb=c\r\n d\r\n;e\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "q7s3cr3tq7"
		if strings.Contains(text, secret) {
			t.Skip("it is told anyway")
		}
		file, results, err := starter.FromINI([]byte("[aws]\naws_secret_key="+secret+"\n"+text), starter.Options{Home: "/home/ann"})
		if err != nil {
			return
		}
		yaml := file.YAML()
		if _, err := document.Parse(yaml); err != nil {
			t.Errorf("%v\n%s", err, yaml)
		}
		told := string(yaml)
		for _, fate := range results {
			if fate.Key == "" || fate.What == "" {
				t.Errorf("%+v", fate)
			}
			told += fate.What
		}
		if strings.Contains(told, secret) {
			t.Error("a secret is told")
		}
	})
}
