// Package command is a platform scaled by two shell commands of yours: one prints the number of dynos, one sets it.
//
// With docker compose:
//
//	COUNT_COMMAND=docker compose ps --status running --quiet web | wc -l
//	SCALE_COMMAND=docker compose up --detach --no-recreate --scale web=$1 web
//
// With kubectl:
//
//	COUNT_COMMAND=kubectl get deployment web --output 'jsonpath={.spec.replicas}'
//	SCALE_COMMAND=kubectl scale deployment web --replicas=$DYNOS
//
// With a cloud's command line, here AWS's for a service in ECS:
//
//	COUNT_COMMAND=aws ecs describe-services --cluster main --services web --query 'services[0].desiredCount' --output text
//	SCALE_COMMAND=aws ecs update-service --cluster main --service web --desired-count $DYNOS >/dev/null
//
// With a script that takes the number as its argument:
//
//	COUNT_COMMAND=./count.sh
//	SCALE_COMMAND=./scale.sh
//
// The count should be the desired number that the platform knows, not the number of dynos that already run. Otherwise
// the bot asks for the same dyno twice while it starts. A command that leaves a daemon behind should redirect the
// daemon's output. Otherwise the command ends half a second late.
package command

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options configure the commands.
type Options struct {
	// Count prints the number of dynos on standard output, surrounded only by white space.
	Count string
	// Scale sets the number of dynos, which it gets as $1 and as DYNOS in its environment. If the text contains none of
	// $1, $@, $* and DYNOS, the number is appended: "./scale.sh" runs as "./scale.sh 3". Exit status 0 means success.
	// Its output is ignored.
	Scale string
	// Dir is the folder in which the commands run; empty means the working directory.
	Dir string
	// Env is the whole environment of the commands, each "KEY=value". Nothing is inherited, so PATH must be set here.
	Env []string
	// Timeout of a command, including the wait for the previous one; 0 means 30 s.
	Timeout time.Duration
	// Secrets are replaced by *** in errors: commands often print what they were given.
	Secrets []string
}

// A Platform is scaled by commands. It always counts as settled, because nothing reports otherwise. It is safe for
// concurrent use, and runs one command at a time.
type Platform struct {
	runner
	count string
	scale string // Scale, with the number appended if needed
}

var takesNumber = regexp.MustCompile(`\$\{?1\b|\$\{?[@*]|\bDYNOS\b`)

// New checks the options. It runs no commands.
func New(o Options) (*Platform, error) {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	switch {
	case strings.TrimSpace(o.Count) == "":
		return nil, errors.New("COUNT_COMMAND is not set: must be a command that prints the number of dynos")
	case strings.TrimSpace(o.Scale) == "":
		return nil, errors.New("SCALE_COMMAND is not set: must be a command that sets the number of dynos, " +
			"passed as $1 " +
			"and DYNOS")
	}
	r, err := newRunner(o.Dir, o.Env, o.Timeout, o.Secrets, o.Count, o.Scale)
	if err != nil {
		return nil, err
	}
	scale := strings.TrimSpace(o.Scale)
	if !takesNumber.MatchString(scale) {
		scale += ` "$1"`
	}
	return &Platform{runner: r, count: o.Count, scale: scale}, nil
}

// Size runs the count command and parses its output. settled is always true.
func (p *Platform) Size(ctx context.Context) (n int, settled bool, err error) {
	out, err := p.run(ctx, "count command", nil, "-c", p.count)
	if err != nil {
		return 0, false, err
	}
	n, err = p.number(out)
	if err != nil {
		return 0, false, fmt.Errorf("count command: %w", err)
	}
	return n, true, nil
}

// Resize runs the scale command for n dynos, 0 or more.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale to %d dynos: must be 0 or more", n)
	}
	_, err := p.run(ctx, "scale command", []string{"DYNOS=" + strconv.Itoa(n)}, "-c", p.scale, "sh", strconv.Itoa(n))
	return err
}

func (p *Platform) number(out capped) (int, error) {
	text := strings.TrimSpace(out.String())
	if text == "" {
		return 0, errors.New("it printed nothing: must print a number such as 2")
	}
	n, err := strconv.Atoi(text)
	if err != nil || out.dropped || strings.ContainsAny(text, "+-") {
		return 0, fmt.Errorf("it printed %q: must print only a number such as 2", firstRunes(p.show(out), 80))
	}
	return n, nil
}

// Check runs the count command, and checks the syntax of the scale command without running it.
func (p *Platform) Check(ctx context.Context, report func(what, found string, err error)) {
	report("shell", p.shell, nil)
	n, _, err := p.Size(ctx)
	found := ""
	if err == nil {
		found = fmt.Sprintf("it prints %d", n)
	}
	report("count command", found, err)
	p.reportUnrun(ctx, "scale command", p.scale, report)
}
