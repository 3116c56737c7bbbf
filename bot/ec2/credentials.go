package ec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	// A temporary credential is replaced this long before it expires. An instance's role has a new one at least 5
	// minutes before.
	renewBefore = 4 * time.Minute
	// Minimum time between attempts to replace a credential that is still valid.
	renewPause = 10 * time.Second
)

type credentials interface {
	get(ctx context.Context) (aws.Credentials, error)
	// Drops expired credentials, and reports whether new ones may be available.
	forget() bool
	// Contains no secret.
	who() string
}

type static Keys

func (s static) get(context.Context) (aws.Credentials, error) {
	return aws.Credentials{
		AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken,
	}, nil
}
func (static) forget() bool  { return false }
func (s static) who() string { return "access key " + web.Line(s.AccessKeyID) }

type kept struct {
	open func(context.Context) (*source, error)
	// Held while the fields below are used. A channel, because waiting must end with the context.
	lock chan struct{}

	source *source // nil until needed
	keys   aws.Credentials
	tried  time.Time
}

func newKept(open func(context.Context) (*source, error)) *kept {
	return &kept{open: open, lock: make(chan struct{}, 1)}
}

func (k *kept) who() string {
	k.lock <- struct{}{}
	defer func() { <-k.lock }()
	if k.source == nil {
		return ""
	}
	return k.source.who()
}

// Also opens the source again: it may be a file that was changed.
func (k *kept) forget() bool {
	k.lock <- struct{}{}
	defer func() { <-k.lock }()
	k.source, k.keys = nil, aws.Credentials{}
	return true
}

// Without new credentials, the old ones serve until they expire.
func (k *kept) get(ctx context.Context) (aws.Credentials, error) {
	select {
	case k.lock <- struct{}{}:
		defer func() { <-k.lock }()
	case <-ctx.Done():
		return aws.Credentials{}, ctx.Err()
	}
	now := time.Now()
	left := renewBefore + 1
	if k.keys.CanExpire {
		left = k.keys.Expires.Sub(now)
	}
	if k.keys.HasKeys() && (left > renewBefore || left > 0 && now.Sub(k.tried) < renewPause) {
		return k.keys, nil
	}
	k.tried = now
	fresh, err := k.fetch(ctx)
	switch {
	case err == nil:
		k.keys = fresh
	case !k.keys.HasKeys() || left <= 0:
		return aws.Credentials{}, err
	}
	return k.keys, nil
}

func (k *kept) fetch(ctx context.Context) (aws.Credentials, error) {
	if k.source == nil {
		s, err := k.open(ctx)
		if err != nil {
			return aws.Credentials{}, &Error{Message: "find AWS credentials: " + err.Error(), Again: web.Never}
		}
		k.source = s
	}
	return k.source.fetch(ctx)
}
