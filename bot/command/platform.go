// Package command is a platform that is scaled by two shell commands of its owner: one that prints the number of dynos,
// and one that sets it.
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
// With a cloud's command line, here that of AWS for a service in ECS:
//
//	COUNT_COMMAND=aws ecs describe-services --cluster main --services web --query 'services[0].desiredCount' --output text
//	SCALE_COMMAND=aws ecs update-service --cluster main --service web --desired-count $DYNOS >/dev/null
//
// With a script that takes the number as its argument:
//
//	COUNT_COMMAND=./count.sh
//	SCALE_COMMAND=./scale.sh
//
// The count should be the number that was asked for, as far as the platform knows it, and not that of the dynos which
// run already: the bot would else ask for the same dyno twice while it starts. A command that leaves a daemon behind
// should redirect the daemon's output, or the command counts as ended half a second late.
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

// Options say what to run and how.
type Options struct {
	// Count prints the number of dynos on its standard output, with nothing around it but white space.
	Count string
	// Scale sets the number of dynos, which it finds in $1 and in the environment as DYNOS. Where its text mentions
	// neither $1, $@, $* nor DYNOS, the number is appended as its last argument: "./scale.sh" is run as "./scale.sh 3".
	// It has done its work when it ends with exit status 0; what it prints is thrown away.
	Scale string
	// Dir is where the commands run. Empty means the working directory.
	Dir string
	// Env is the whole environment of the commands, each "KEY=value". Nothing is inherited: they need a PATH here.
	Env []string
	// Timeout is how long a command may take, its wait for the one before it included. Zero means 30 s.
	Timeout time.Duration
	// Secrets are replaced by *** in errors: commands like to complain with the whole of what they were given.
	Secrets []string
}

// A Platform is scaled by commands. It is always settled, because nothing tells it otherwise. It can be used from
// several goroutines, and runs one command at a time.
type Platform struct {
	runner
	count string
	scale string // Scale with the number appended where it has to be
}

var takesNumber = regexp.MustCompile(`\$\{?1\b|\$\{?[@*]|\bDYNOS\b`)

// New checks the options. It runs neither command.
func New(o Options) (*Platform, error) {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	switch {
	case strings.TrimSpace(o.Count) == "":
		return nil, errors.New("the command platform needs a count command, which prints the number of dynos: " +
			"it is empty")
	case strings.TrimSpace(o.Scale) == "":
		return nil, errors.New("the command platform needs a scale command, which gets the number of dynos as $1 and " +
			"as DYNOS: it is empty")
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

// Size runs the count command and reads the number that it prints. settled is always true.
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
		return fmt.Errorf("scale to %d dynos: want 0 or more", n)
	}
	_, err := p.run(ctx, "scale command", []string{"DYNOS=" + strconv.Itoa(n)}, "-c", p.scale, "sh", strconv.Itoa(n))
	return err
}

func (p *Platform) number(out capped) (int, error) {
	text := strings.TrimSpace(out.String())
	if text == "" {
		return 0, errors.New("it printed nothing, want a number such as 2")
	}
	n, err := strconv.Atoi(text)
	if err != nil || out.dropped || strings.ContainsAny(text, "+-") {
		return 0, fmt.Errorf("it printed %q, want only a number such as 2", firstRunes(p.show(out), 80))
	}
	return n, nil
}

// Check runs the count command, and has the shell read the scale command without running it.
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
