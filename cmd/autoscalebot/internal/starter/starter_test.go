package starter_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/starter"
)

func load(t *testing.T, text []byte) (*settings.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "autoscale.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AUTOSCALE_FILE", path)
	return settingstest.Load()
}

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

// The bot reads any value back from the file unchanged.
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
color=blue
`

func TestAnAutoscalerIniIsTakenOver(t *testing.T) {
	settingstest.Env(t)
	f, results, err := starter.FromINI([]byte(ini), starter.Options{Home: "/home/ann"})
	if err != nil {
		t.Fatal(err)
	}
	want := []starter.Conversion{
		{"[aws] aws_access_key", "left out: set AWS_ACCESS_KEY_ID in the environment"},
		{"[aws] aws_secret_key", "left out: set AWS_SECRET_ACCESS_KEY in the environment. COMMAND_ENV passes it to the commands"},
		{"[aws] region", "becomes --region in POOL_LIST_COMMAND, POOL_CREATE_COMMAND and POOL_DESTROY_COMMAND"},
		{"[machine] scale_up_command", "becomes POOL_CREATE_COMMAND, with the tags by which the bot finds its servers; POOL_LIST_COMMAND and POOL_DESTROY_COMMAND are added"},
		{"[haproxy] servers", "becomes HAPROXY_HOSTS"},
		{"[haproxy] ssh_user", "becomes the user in HAPROXY_HOSTS"},
		{"[haproxy] ssh_params", "-R is not needed: servers do not talk to each other; -i becomes SSH_KEY_FILE; -p becomes part of HAPROXY_HOSTS; " +
			"StrictHostKeyChecking is not needed: host keys are always checked. Add them to SSH_KNOWN_HOSTS_FILE with ssh-keyscan"},
		{"[haproxy] server_line", "becomes HAPROXY_SERVER_LINE; its port becomes SERVER_PORT; HAProxy itself checks a server only if its line has the word check"},
		{"[haproxy] color", "left out: unknown key. The command autoscalebot settings lists all settings"},
	}
	if !slices.Equal(results, want) {
		t.Errorf("the results are\n%q, want\n%q", results, want)
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
		t.Errorf("a secret is shown:\n%s", text)
	}
}

func TestWhatBecomesOfKeys(t *testing.T) {
	for _, c := range []struct{ ini, what, yaml string }{
		{"[haproxy]\nserver_line=\"$SERVER server1 $IP:80 cookie $SERVER\"", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP", "haproxy_server_line: 'server $NAME $IP:$PORT check'"},
		{"[haproxy]\nserver_line=\"$SERVER server1 $IP:8080 cookie $SERVER\"", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; its port becomes SERVER_PORT", "\nserver_port: 8080"},
		{"[haproxy]\nserver_line=default-server inter 2s\n  server $NAME ${IP}:8081 check", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; its port becomes SERVER_PORT", "\nserver_port: 8081"},
		{"[haproxy]\nserver_line=server $NAME $IP:99999 check", "becomes HAPROXY_SERVER_LINE; its port is invalid (must be 1–65535): check SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server a $IP:1 server b $IP:2", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; it has several ports: check SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $IP:8443 ssl check", "becomes HAPROXY_SERVER_LINE; its port becomes SERVER_PORT", "\nserver_port: 8443"},
		{"[haproxy]\nserver_line=server $NAME [$IP]:8082 check", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; its port becomes SERVER_PORT", "\nserver_port: 8082"},
		{"[haproxy]\nserver_line=server $NAME 10.0.0.1:8080 check", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; its port is unknown: check SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $HOST:8080", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; its port is unknown: check SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $IP:+1000 check", "replaced by server $NAME $IP:$PORT check, since a line must begin with server $NAME $IP; its port is unknown: check SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line=server $NAME $IP:$PORT check", "becomes HAPROXY_SERVER_LINE; its port is unknown: check SERVER_PORT", "\nserver_port: 80"},
		{"[haproxy]\nserver_line='server $SERVER $IP check'", "becomes HAPROXY_SERVER_LINE, with $NAME instead of $SERVER", "haproxy_server_line: 'server $NAME $IP check'"},
		{"[haproxy]\nservers=lb; rm -rf /", "becomes HAPROXY_HOSTS; invalid host names left out: 1", ""},
		{"[haproxy]\nservers=lb\n[x]\ny=", "becomes HAPROXY_HOSTS", "haproxy_hosts: lb"},
		{"[haproxy]\nservers=lb\nssh_command=ssh -i ~/.ssh/me ubuntu@$HOST", "becomes HAPROXY_HOSTS", "haproxy_hosts: ubuntu@lb"},
		{"[haproxy]\nssh_command=ssh -i ~/.ssh/me ubuntu@$HOST", "-i becomes SSH_KEY_FILE", "ssh_key_file: /home/ann/.ssh/me"},
		{"[machine]\nscale_up_command=./new.sh", "becomes POOL_CREATE_COMMAND; it must tag the server $SERVER_NAME with the pool $POOL_NAME. Also write POOL_LIST_COMMAND and POOL_DESTROY_COMMAND", "pool_create_command: './new.sh'"},
		{"[machine]\nscale_up_command=AWS_SECRET_ACCESS_KEY=s3cr3t aws ec2 run-instances", "left out: it seems to contain a secret. Write POOL_CREATE_COMMAND so that it takes the secret from the environment", ""},
		{"[machine]\nscale_up_command=x s3cr3ts3cr3t\n[aws]\naws_secret_key=s3cr3ts3cr3t", "left out: it seems to contain a secret. Write POOL_CREATE_COMMAND so that it takes the secret from the environment", ""},
		{"[machine]\nscale_up_command=aws ec2 run-instances --count 3 --region us-east-1", "becomes POOL_CREATE_COMMAND, with the tags by which the bot finds its servers; it creates 3 servers at a time: set --count 1; POOL_LIST_COMMAND and POOL_DESTROY_COMMAND are added", "--instance-ids \"$SERVER_ID\" --region us-east-1'"},
		{"[aws]\nregion=the moon", "left out: not an AWS region, such as eu-central-1", ""},
		{"[aws]\naws_secret_key=", "left out: empty", ""},
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
		"a=1":                        "line 1: must be below a [section]",
		"[a]\ns3cr3t":                "line 2: must be [section] or key=value",
		"[a\n":                       "line 1: must be a section such as [name]",
		"[a]\nb=1\nB : 2":            "line 3: duplicate key, first in line 2",
		"[a]\xff":                    "is not UTF-8 text",
		"[a] b":                      "line 1: must be a section such as [name]",
		strings.Repeat("#", 1<<20+1): "is larger than 1024 KiB",
	} {
		if _, _, err := starter.FromINI([]byte(text), starter.Options{}); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// For any file, the result is valid, each key has a result, and no secret is shown.
func FuzzFromINI(f *testing.F) {
	f.Add(ini)
	f.Add("[haproxy]\nssh_command=ssh -i $HOST -o\nserver_line=\"\"\n[machine]\nscale_up_command=\n")
	f.Add("\ufeff[a]\r\nb=c\r\n d\r\n;e\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "q7s3cr3tq7"
		if strings.Contains(text, secret) {
			t.Skip("it contains the secret")
		}
		file, results, err := starter.FromINI([]byte("[aws]\naws_secret_key="+secret+"\n"+text), starter.Options{Home: "/home/ann"})
		if err != nil {
			return
		}
		yaml := file.YAML()
		if _, err := document.Parse(yaml); err != nil {
			t.Errorf("%v\n%s", err, yaml)
		}
		shown := string(yaml)
		for _, result := range results {
			if result.Key == "" || result.What == "" {
				t.Errorf("%+v", result)
			}
			shown += result.What
		}
		if strings.Contains(shown, secret) {
			t.Error("a secret is shown")
		}
	})
}

func TestThresholdsFitTheHeartbeats(t *testing.T) {
	repeat := func(ms float64) []float64 { return slices.Repeat([]float64{ms}, 20) }
	for name, c := range map[string]struct {
		ms        []float64
		timeout   time.Duration
		low, high float64
		cramped   bool
	}{
		"a fast page":                 {repeat(8), 10 * time.Second, 50, 500, false},
		"a usual page":                {repeat(95), 10 * time.Second, 150, 950, false},
		"a slow page":                 {repeat(432), 10 * time.Second, 650, 2000, false},
		"a very slow page":            {repeat(1000), 10 * time.Second, 1500, 3800, false},
		"a page close to the timeout": {repeat(3000), 10 * time.Second, 3200, 8000, true},
		"every fourth one waits":      {[]float64{100, 100, 100, 400}, 10 * time.Second, 480, 1200, false},
		"one outlier of twenty":       {append(repeat(100)[:19], 5000), 10 * time.Second, 150, 1000, false},
		"a single heartbeat":          {[]float64{0.4}, time.Second, 50, 500, false},
	} {
		got := starter.Propose(c.ms, c.timeout)
		if got.Min != c.low || got.Max != c.high || got.Cramped != c.cramped {
			t.Errorf("%s: %+v, want %g and %g, cramped %v", name, got, c.low, c.high, c.cramped)
		}
	}
}

func TestThresholdsNeverFlap(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		ms := rapid.SliceOfN(rapid.Float64Range(0.01, 9000), 1, 20).Draw(t, "ms")
		timeout := time.Duration(rapid.IntRange(1, 30).Draw(t, "seconds")) * time.Second
		got := starter.Propose(ms, timeout)
		if got.Min <= 0 || got.Max <= 2*got.Min || got.Max > float64(timeout.Milliseconds()) {
			t.Fatalf("%+v for %v", got, ms)
		}
		if room := strings.Contains(got.WhyMin(), "leaves room"); room != (got.Min >= 1.2*got.Median) || got.WhyMax() == "" {
			t.Fatalf("%+v because %s %s", got, got.WhyMin(), got.WhyMax())
		}
	})
}

func TestAnswersBecomeAFile(t *testing.T) {
	settingstest.Env(t)
	a := starter.Answers{
		App: "dancing-forest-1234", ProcessType: "web", HeartbeatURL: "https://www.example.com/beat?a=1&b='2'", Min: "2", Max: "0:00=3,9:00=8",
		Policy: "adaptive", DryRun: true, Thresholds: starter.Propose([]float64{432}, 10*time.Second), Measured: 20,
	}
	f := a.File()
	if f.Changes() != 0 || !slices.Equal(f.Secrets(), []string{"HEROKU_API_KEY"}) {
		t.Errorf("%d values are to be changed, %q are secrets", f.Changes(), f.Secrets())
	}
	t.Setenv("HEROKU_API_KEY", "k")
	s, err := load(t, f.YAML())
	if err != nil {
		t.Fatalf("%v\n%s", err, f.YAML())
	}
	if string(s.HeartbeatURL) != a.HeartbeatURL || s.MaxDynos.String() != "0:00=3, 9:00=8" || s.MaxResponseTime != 2000 || s.MinResponseTime != 650 || !s.DryRun || time.Duration(s.HeartbeatInterval) != 5*time.Second {
		t.Errorf("the file is read with other values:\n%s", f.YAML())
	}

	a.Policy, a.DryRun, a.Thresholds, a.Key = "count", false, starter.Thresholds{}, "s3cr3t"
	f = a.File()
	if s, err = load(t, f.YAML()); err != nil || s.Policy != "count" || s.DryRun || s.MaxResponseTime != 1000 || time.Duration(s.HeartbeatInterval) != 30*time.Second {
		t.Errorf("%v: the file is read with other values:\n%s", err, f.YAML())
	}
	if !strings.Contains(string(f.YAML()), "\nheroku_api_key: s3cr3t\n") || strings.Contains(f.ConfigSet("bot"), "s3cr3t") {
		t.Errorf("the key is in the command, or not in the file:\n%s\n%s", f.YAML(), f.ConfigSet("bot"))
	}
	for _, p := range f.Settings() {
		if p[0] == "HEROKU_API_KEY" {
			t.Error("the key is among the settings")
		}
	}
}

// A shell reads the values as they are.
func TestConfigSetIsForAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	url := `https://example.com/it's?a=1&b="$HOME"\` + "`x`*"
	command := starter.Answers{App: "forest", ProcessType: "web", HeartbeatURL: url, Min: "1", Max: "3", Policy: "count"}.File().ConfigSet("my-bot")
	cmd := exec.Command(sh, "-c", `heroku() { printf '%s\n' "$@"; }; `+command)
	cmd.Env = []string{"HEROKU_API_KEY=k1 k2"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(out), "\n")
	for _, want := range []string{"config:set", "--app", "my-bot", "HEROKU_API_KEY=k1 k2", "HEARTBEAT_URL=" + url, "POLICY=count", "MAX_DYNOS=3"} {
		if !slices.Contains(lines, want) {
			t.Errorf("there is no argument %q in\n%s", want, out)
		}
	}
}
