package cli

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"
)

// The commands in documents that belong to somebody else, and need an account or a machine of their own. Each is this test's program
// under another name. It refuses options and arguments that the real one does not know. FAKE_WORLD is a folder that it works in.
func fakes() map[string]func(fakeWorld, []string) error {
	return map[string]func(fakeWorld, []string) error{
		"heroku": herokuCLI, "cf": cfCLI, "docker": dockerCLI, "go": goCommand, "systemctl": systemctl, "journalctl": journalctl,
		"apt": apt, "dnf": dnf, "editor": editor, "rabbitmqctl": rabbitmqctl, "ssh": sshClient, "ssh-copy-id": sshCopyID, "ssh-keyscan": sshKeyscan,
	}
}

// If this program is to be one of the fakes, it is, and exits.
func actAsFake() {
	fake, ok := fakes()[filepath.Base(os.Args[0])]
	if !ok {
		return
	}
	if err := fake(fakeWorld(os.Getenv("FAKE_WORLD")), os.Args[1:]); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintf(os.Stderr, "fake %s: %v\n", filepath.Base(os.Args[0]), err)
		os.Exit(64)
	}
	os.Exit(0)
}

// A usage has the options and the number of arguments of each command: "-a,--app= --json 1-2" is an option with a value, one without,
// and one or two arguments.
type usage map[string]string

// Arguments after "--" are only in rest.
func (u usage) parse(args []string) (command string, options map[string]string, rest []string, err error) {
	if len(args) == 0 {
		return "", nil, nil, errors.New("no command")
	}
	command, args = args[0], args[1:]
	spec, ok := u[command]
	if !ok {
		return "", nil, nil, fmt.Errorf("unknown command %q", command)
	}
	fields := strings.Fields(spec)
	counts := fields[len(fields)-1]
	option := func(name string) (long string, takes, ok bool) {
		for _, f := range fields[:len(fields)-1] {
			names, takes := strings.CutSuffix(f, "=")
			all := strings.Split(names, ",")
			if slices.Contains(all, name) {
				return all[len(all)-1], takes, true
			}
		}
		return "", false, false
	}
	options = map[string]string{}
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			return command, options, append(rest, args[i+1:]...), nil
		case !strings.HasPrefix(args[i], "-"):
			if rest = append(rest, args[i]); command == "run" && counts == "1-" {
				rest = append(rest, args[i+1:]...)
				i = len(args)
			}
		default:
			long, takes, ok := option(name)
			switch {
			case !ok:
				return "", nil, nil, fmt.Errorf("%s has no option %s", command, name)
			case takes && !has:
				if i++; i == len(args) {
					return "", nil, nil, fmt.Errorf("%s needs a value", name)
				}
				value = args[i]
			}
			if old := options[long]; old != "" {
				value = old + "\n" + value
			}
			options[long] = value
		}
	}
	least, most, ranged := strings.Cut(counts, "-")
	if !ranged {
		most = least
	}
	n := fmt.Sprint(len(rest))
	if n < least || most != "" && n > most {
		return "", nil, nil, fmt.Errorf("%s has %d arguments %q, want %s", command, len(rest), rest, counts)
	}
	return command, options, rest, nil
}

type fakeWorld string

func (w fakeWorld) path(parts ...string) string {
	return filepath.Join(append([]string{string(w)}, parts...)...)
}

func (w fakeWorld) append(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(w.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// The assignments of a file, without those in comments.
func (w fakeWorld) assignments(name string) (env []string) {
	text, _ := os.ReadFile(w.path(name))
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); assignment.MatchString(line) {
			env = append(env, line)
		}
	}
	return env
}

// Settings of the bot that do not exist are an error.
func known(pairs ...string) error {
	for _, pair := range pairs {
		if name, _, ok := strings.Cut(pair, "="); !ok || !isSetting(name) {
			return fmt.Errorf("%s is not a setting", pair)
		}
	}
	return nil
}

// On another machine the bot has only this environment, and the addresses of the fakes.
func (w fakeWorld) elsewhere(env []string, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = append(append(w.assignments("elsewhere"), "PATH="+w.path("elsewhere-bin"), "HOME="+w.path("elsewhere-home")), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}

func (w fakeWorld) background(cmd *exec.Cmd, log string) error {
	out, err := os.Create(w.path(log))
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	return w.append("pids", fmt.Sprintln(cmd.Process.Pid))
}

// The options are those of Heroku's CLI 11.10.0.
func herokuCLI(w fakeWorld, args []string) error {
	command, options, rest, err := usage{
		"authorizations:create": "-d,--description= -e,--expires-in= -j,--json -s,--scope= -S,--short 0",
		"create":                "-r,--remote= -t,--team= --region= -s,--stack= 0-1",
		"config:set":            "-a,--app= -r,--remote= 1-",
		"run":                   "-a,--app= -e,--env= -x,--exit-code -s,--size= --type= --no-tty 1-",
		"ps:scale":              "-a,--app= -r,--remote= 1-",
		"restart":               "-a,--app= -d,--dyno-name= -p,--process-type= 0-1",
		"addons:create":         "-a,--app= --as= --name= --wait 1",
		"buildpacks:add":        "-a,--app= -i,--index= 1",
		"drains:add":            "-a,--app= 1",
		"drains":                "-a,--app= -x,--extended --json 0",
		"labs:enable":           "-a,--app= 1",
		"telemetry:add":         "-a,--app= -s,--space= --headers= --signals= --transport= 1",
	}.parse(args)
	if err != nil {
		return err
	}
	app := options["--app"]
	if app == "" {
		app = "app-of-the-git-remote"
	}
	switch command {
	case "authorizations:create":
		if scope := options["--scope"]; options["--description"] == "" || scope != "identity,write" {
			return fmt.Errorf("description %q, scope %q", options["--description"], scope)
		}
		fmt.Println("Creating OAuth Authorization... done\nClient:      <none>\nDescription: autoscalebot\nScope:       identity, write\nToken:       the-key")
	case "create":
		if options["--remote"] != "" {
			return errors.New("unexpected remote")
		}
		return exec.Command("git", "remote", "add", "heroku", w.path("heroku.git")).Run()
	case "config:set":
		if app != "my-app" {
			if err := known(rest...); err != nil {
				return err
			}
		}
		return w.append("heroku/"+app, strings.Join(rest, "\n")+"\n")
	case "run":
		if rest[0] != "autoscalebot" {
			return fmt.Errorf("there is no %q in the slug", rest[0])
		}
		return w.elsewhere(append(w.assignments("heroku/"+app), "DYNO=run.1"), w.path("elsewhere-bin", "autoscalebot"), rest[1:]...).Run()
	case "ps:scale":
		process, n, ok := strings.Cut(rest[0], "=")
		procfile, err := exec.Command("git", "show", "heroku/main:Procfile").Output()
		if err != nil || !ok || n != "1" || !bytes.Contains(append([]byte("\n"), procfile...), []byte("\n"+process+": ")) {
			return fmt.Errorf("%q, and the app has the Procfile %q %v", rest[0], procfile, err)
		}
	case "addons:create":
		if !strings.HasPrefix(rest[0], "heroku-postgresql") {
			return fmt.Errorf("unknown add-on %q", rest[0])
		}
		return w.append("heroku/"+app, strings.Join(w.assignments("database"), "\n")+"\n")
	case "buildpacks:add":
		if !strings.HasSuffix(rest[0], ".tar.gz") || options["--index"] != "1" {
			return fmt.Errorf("buildpack %q at %q", rest[0], options["--index"])
		}
		answer, err := get(w, rest[0])
		if err != nil {
			return err
		}
		return w.append("buildpack.tar.gz", answer)
	case "drains:add":
		if !regexp.MustCompile(`^https://drain:[0-9a-f]{32}@[a-z0-9.-]+/logdrain$`).MatchString(rest[0]) || app != "my-app" {
			return fmt.Errorf("drain %q", rest[0])
		}
	case "drains":
		fmt.Println(`[{"token": "d.fc6b856b-3332-4546-93de-7d0ee272c3bd"}]`)
	case "labs:enable":
		if rest[0] != "log-runtime-metrics" {
			return fmt.Errorf("unknown feature %q", rest[0])
		}
	case "telemetry:add":
		var headers map[string]string
		if err := json.Unmarshal([]byte(options["--headers"]), &headers); err != nil || len(headers["Authorization"]) < 20 ||
			options["--signals"] != "metrics" || options["--transport"] != "http" {
			return fmt.Errorf("options %q %v", options, err)
		}
	}
	return nil
}

// The releases are at the address in the file "releases".
func get(w fakeWorld, url string) (string, error) {
	address, err := os.ReadFile(w.path("releases"))
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Get(strings.Replace(url, "https://github.com", string(address), 1))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, answer.Status)
	}
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// The options are those of the CF CLI 8.
func cfCLI(w fakeWorld, args []string) error {
	command, options, rest, err := usage{
		"create-user": "--origin= 2", "set-space-role": "--client 4", "create-user-provided-service": "-l= -p= -r= -t= 1",
		"push": "-b= -c= -f= -i= -k= -m= -p= -s= -t= --no-manifest --no-route --no-start --var= --vars-file= --strategy= 0-1",
		"logs": "--recent 1", "oauth-token": "0", "app": "--guid 1",
	}.parse(args)
	if err != nil {
		return err
	}
	switch command {
	case "create-user-provided-service":
		if options["-p"] != "username,password" {
			return fmt.Errorf("credentials %q", options["-p"])
		}
	case "push":
		text, err := os.ReadFile(options["-f"])
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(options["--var"], "=")
		filled := strings.ReplaceAll(string(text), "(("+name+"))", value)
		var manifest struct {
			Applications []struct {
				Name, Path string
				Env        map[string]string
			}
		}
		if err := yaml.Unmarshal([]byte(filled), &manifest); err != nil || len(manifest.Applications) != 1 || strings.Contains(filled, "((") {
			return fmt.Errorf("%s: %v", filled, err)
		}
		app := manifest.Applications[0]
		for name, value := range app.Env {
			if err := known(name + "=" + value); err != nil {
				return err
			}
		}
		_, err = os.Stat(filepath.Join(filepath.Dir(options["-f"]), app.Path, "autoscalebot"))
		return err
	case "set-space-role":
		if rest[3] != "SpaceDeveloper" {
			return fmt.Errorf("role %q", rest[3])
		}
	case "oauth-token":
		fmt.Println("bearer cf-token")
	case "app":
		fmt.Println("4de7ac8b-495b-4884-9a69-1050c6793cd6")
	}
	return nil
}

// A container is a process with the environment of its image.
func dockerCLI(w fakeWorld, args []string) error {
	command, options, rest, err := usage{
		"build": "-t,--tag= -f,--file= 1", "exec": "2-",
		"run": "-d,--detach --rm --name= --restart= -e,--env= -v,--volume= -p,--publish= --no-healthcheck 1-",
	}.parse(args)
	if err != nil {
		return err
	}
	switch command {
	case "build":
		if _, err := os.Stat(filepath.Join(rest[0], "Dockerfile")); err != nil {
			return err
		}
		return w.append("images", options["--tag"]+"\n")
	case "run":
		images, err := os.ReadFile(w.path("images"))
		if err != nil || !strings.Contains("\n"+string(images), "\n"+rest[0]+"\n") {
			return fmt.Errorf("there is no image %q: %v", rest[0], err)
		}
		dockerfile, err := os.ReadFile(w.path("repository", "Dockerfile"))
		if err != nil {
			return err
		}
		env := []string{"XDG_RUNTIME_DIR=" + w.path("container")}
		for _, m := range regexp.MustCompile(`(?m)^ENV ([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(dockerfile), -1) {
			if m[1] != "PATH" {
				env = append(env, m[1]+"="+w.path("container")+m[2])
			}
		}
		if name, path, ok := strings.Cut(options["--volume"], ":"); ok {
			if err := errors.Join(os.MkdirAll(w.path("volumes", name), 0o700), os.MkdirAll(filepath.Dir(w.path("container"+path)), 0o700),
				os.Symlink(w.path("volumes", name), w.path("container"+path))); err != nil {
				return err
			}
		}
		for name := range strings.SplitSeq(options["--env"], "\n") {
			if value, ok := os.LookupEnv(name); ok {
				env = append(env, name+"="+value)
			}
		}
		if err := os.MkdirAll(w.path("container"), 0o700); err != nil {
			return err
		}
		cmd := w.elsewhere(env, w.path("elsewhere-bin", "autoscalebot"), rest[1:]...)
		if _, detached := options["--detach"]; !detached {
			return cmd.Run()
		}
		return errors.Join(w.append("containers/"+options["--name"], strings.Join(env, "\n")), w.background(cmd, "container.log"))
	default:
		env := w.assignments("containers/" + rest[0])
		if len(env) == 0 {
			return fmt.Errorf("there is no container %q", rest[0])
		}
		return w.elsewhere(env, w.path("elsewhere-bin", rest[1]), rest[2:]...).Run()
	}
}

var declared = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark)\w+)|flag\.\w+\("(\w+)"`)

// Programs are not built again: what is built is copied, if the source is there. Tests are not run: the named ones must exist.
func goCommand(w fakeWorld, args []string) error {
	build := "-o= -trimpath -ldflags= "
	command, options, rest, err := usage{
		"build": build + "1", "run": "1-", "install": "1",
		"test": "-run= -v -bench= -benchtime= -cpu= -timeout= -frontier -sensitivity 1-",
	}.parse(args)
	if err != nil {
		return err
	}
	program := w.path("elsewhere-bin", "autoscalebot")
	const ours = module + "/cmd/autoscalebot"
	switch command {
	case "build", "run":
		if rest[0] != "./cmd/autoscalebot" {
			return fmt.Errorf("package %q", rest[0])
		}
		if _, err := os.Stat(filepath.Join(rest[0], "main.go")); err != nil {
			return err
		}
		if command == "run" {
			return syscall.Exec(program, append([]string{"autoscalebot"}, rest[1:]...), os.Environ())
		}
		to := options["-o"]
		if strings.HasSuffix(to, "/") {
			to += "autoscalebot"
		}
		return install(program, to)
	case "install":
		if path, version, _ := strings.Cut(rest[0], "@"); path != ours || version != "latest" {
			return fmt.Errorf("package %q", rest[0])
		}
		return install(program, filepath.Join(os.Getenv("HOME"), "go", "bin", "autoscalebot"))
	}
	flags := map[string]bool{"-run": true, "-bench": true, "-v": true, "-benchtime": true, "-cpu": true, "-timeout": true}
	var names []string
	for _, pkg := range rest {
		files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("package %q has no tests: %v", pkg, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
				names = append(names, m[1])
				flags["-"+m[2]] = true
			}
		}
	}
	for name, value := range options {
		if !flags[name] {
			return fmt.Errorf("the tests have no flag %s", name)
		}
		kind := map[string]string{"-run": "Test", "-bench": "Benchmark"}[name]
		if kind == "" || value == "^$" {
			continue
		}
		for one := range strings.SplitSeq(value, "|") {
			if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, kind) && regexp.MustCompile(one).MatchString(n) }) {
				return fmt.Errorf("no test matches %s %s", name, one)
			}
		}
	}
	return nil
}

func install(program, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(program, to)
}

// The service runs with the program and the settings that its unit names.
func systemctl(w fakeWorld, args []string) error {
	command, _, rest, err := usage{"enable": "--now 1", "daemon-reload": "0"}.parse(args)
	if err != nil || command == "daemon-reload" {
		return err
	}
	var unit []byte
	for _, folder := range []string{"etc/systemd/system", "usr/lib/systemd/system"} {
		if unit, err = os.ReadFile(w.path("root", folder, rest[0]+".service")); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	key := func(name string) string {
		return regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindStringSubmatch(string(unit))[1]
	}
	env := w.assignments("root" + key("EnvironmentFile"))
	if len(env) == 0 {
		return fmt.Errorf("there are no settings in %s", key("EnvironmentFile"))
	}
	if err := os.MkdirAll(w.path("root/run/autoscalebot"), 0o700); err != nil {
		return err
	}
	for _, m := range regexp.MustCompile(`(?m)^Environment=(.*)$`).FindAllStringSubmatch(string(unit), -1) {
		env = append(env, strings.Fields(strings.NewReplacer("/run/", w.path("root/run")+"/", "/var/lib", w.path("root/var/lib")).Replace(m[1]))...)
	}
	return w.background(w.elsewhere(env, w.path("root"+key("ExecStart"))), "service.log")
}

func journalctl(w fakeWorld, args []string) error {
	if !slices.Equal(args, []string{"-fu", "autoscalebot"}) {
		return fmt.Errorf("arguments %q", args)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	if err := exec.Command("cat", w.path("service.log")).Run(); err != nil {
		return err
	}
	fmt.Println("-- the journal --")
	<-stop
	return nil
}

// It installs the program, the unit and the settings.
func apt(w fakeWorld, args []string) error {
	_, _, rest, err := usage{"install": "-y,--yes 1"}.parse(args)
	if err != nil {
		return err
	}
	if info, err := os.Stat(rest[0]); err != nil || !strings.HasPrefix(rest[0], "./") || info.Size() == 0 {
		return fmt.Errorf("package %q: %v", rest[0], err)
	}
	if err := install(w.path("elsewhere-bin/autoscalebot"), w.path("root/usr/bin/autoscalebot")); err != nil {
		return err
	}
	for from, to := range map[string]string{".ci/packaging/autoscalebot.env": "etc/autoscalebot/autoscalebot.env", "examples/systemd/autoscalebot.service": "usr/lib/systemd/system/autoscalebot.service"} {
		text, err := os.ReadFile(w.path("repository", from))
		if err != nil {
			return err
		}
		// as in .ci/release
		changed := strings.NewReplacer("/usr/local/bin/", "/usr/bin/", "=/etc/autoscalebot.env", "=/etc/autoscalebot/autoscalebot.env").Replace(string(text))
		if err := w.append("root/"+to, changed); err != nil {
			return err
		}
	}
	return nil
}

func dnf(w fakeWorld, args []string) error {
	_, _, rest, err := usage{"install": "-y 1"}.parse(args)
	if err != nil {
		return err
	}
	_, err = get(w, rest[0])
	return err
}

// An owner enters the app and the key.
func editor(w fakeWorld, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("arguments %q", args)
	}
	if _, err := os.Stat(args[0]); err != nil {
		return err
	}
	name, err := filepath.Rel(string(w), args[0])
	if err != nil {
		return err
	}
	return w.append(name, "\nHEROKU_APP_NAME=dancing-forest-1234\n"+strings.Join(w.assignments("key"), "\n")+"\n")
}

func rabbitmqctl(_ fakeWorld, args []string) error {
	_, _, _, err := usage{"add_user": "2", "set_user_tags": "2-", "set_permissions": "-p= 4"}.parse(args)
	return err
}

func sshCopyID(_ fakeWorld, args []string) error {
	_, options, _, err := usage{"ssh-copy-id": "-i= -p= 1"}.parse(append([]string{"ssh-copy-id"}, args...))
	if err != nil {
		return err
	}
	_, err = os.Stat(options["-i"] + ".pub")
	return err
}

func sshKeyscan(_ fakeWorld, args []string) error {
	_, _, rest, err := usage{"ssh-keyscan": "-t= -p= 1-"}.parse(append([]string{"ssh-keyscan"}, args...))
	fmt.Println(rest, "ssh-ed25519 AAAA")
	return err
}

// The real client checks the options.
func sshClient(w fakeWorld, args []string) error {
	if out, err := exec.Command("/usr/bin/ssh", append([]string{"-G"}, args...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	fmt.Println("-- the tunnel --")
	<-stop
	return nil
}
