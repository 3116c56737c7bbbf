package command

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var fakes = map[string]string{
	"docker": `a="$*"; case $a in
		"compose ps --status running --quiet web") i=0; while [ $i -lt $(cat n) ]; do echo id-$i; i=$((i+1)); done ;;
		"compose up --detach --no-recreate --scale web="*" web") n=${a#*web=}; echo ${n% web} >n ;;
		*) exit 1 ;; esac`,
	"kubectl": `a="$*"; case $a in
		"get deployment web --output jsonpath={.spec.replicas}") printf %s $(cat n) ;;
		"scale deployment web --replicas="*) echo ${a##*=} >n ;;
		*) exit 1 ;; esac`,
	"aws": `a="$*"; case $a in
		"ecs describe-services --cluster main --services web --query services[0].desiredCount --output text") cat n ;;
		"ecs update-service --cluster main --service web --desired-count "*) echo '{"service":{}}'; echo ${a##* } >n ;;
		*) exit 1 ;; esac`,
	"count.sh": `cat n`,
	"scale.sh": `echo $1 >n`,
}

func TestExamplesOfThePackageCommentWork(t *testing.T) {
	source, err := os.ReadFile("platform.go")
	must(t, err)
	examples := regexp.MustCompile(`//\tCOUNT_COMMAND=(.*)\n//\tSCALE_COMMAND=(.*)\n`).FindAllStringSubmatch(string(source), -1)
	if len(examples) != 4 {
		t.Fatalf("%d examples found, want 4", len(examples))
	}
	for _, e := range examples {
		p, dir := open(t, e[1], e[2], func(o *Options) { o.Env = []string{"PATH=" + o.Dir + ":" + os.Getenv("PATH")} })
		for name, script := range fakes {
			write(t, filepath.Join(dir, name), "#!/bin/sh\n"+script+"\n", 0o700)
		}
		write(t, filepath.Join(dir, "n"), "2\n", 0o600)
		for _, want := range []int{2, 5, 0, 1} {
			if err := p.Resize(t.Context(), want); err != nil {
				t.Errorf("%s: %v", e[2], err)
			}
			if n, _, err := p.Size(t.Context()); n != want || err != nil {
				t.Errorf("%s: %d, %v, want %d", e[1], n, err, want)
			}
		}
	}
}
