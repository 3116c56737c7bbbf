package ec2

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// renewBefore is how long before its end a role's credential is replaced. AWS has new ones 5 minutes before the end at the latest.
	renewBefore = 4 * time.Minute
	// renewPause is the least time between two tries to replace a credential that is still good.
	renewPause = 10 * time.Second
	// roleLimit bounds the three calls that get a role's credential. The service is on the machine itself.
	roleLimit = 5 * time.Second
)

type credentials interface {
	get(ctx context.Context) (aws.Credentials, error)
	// forget drops credentials that AWS calls expired, and reports whether others can be had.
	forget() bool
	// who says whose they are, without a secret.
	who() string
}

type static Keys

func (s static) get(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken}, nil
}
func (static) forget() bool  { return false }
func (s static) who() string { return "access key " + clean(s.AccessKeyID) }

// A role is that of the EC2 instance that this runs on. Its credentials come from the metadata service, version 2, and last some
// hours. These few lines stand here, because the SDK's package for them adds 480 KB to the program.
type role struct {
	account Account
	inner   http.RoundTripper
	lock    chan struct{} // held while the fields below are used; a channel, since waiting for it must end with the context

	name  string
	keys  aws.Credentials
	tried time.Time
}

func newRole(a Account, inner http.RoundTripper) *role {
	return &role{account: a, inner: inner, lock: make(chan struct{}, 1)}
}

func (r *role) who() string {
	r.lock <- struct{}{}
	defer func() { <-r.lock }()
	return "the instance's role " + clean(r.name)
}

func (r *role) forget() bool {
	r.lock <- struct{}{}
	defer func() { <-r.lock }()
	r.keys = aws.Credentials{}
	return true
}

// get gives the credentials, new ones shortly before they end. Where no new ones can be had, the old ones serve while they last.
func (r *role) get(ctx context.Context) (aws.Credentials, error) {
	select {
	case r.lock <- struct{}{}:
		defer func() { <-r.lock }()
	case <-ctx.Done():
		return aws.Credentials{}, ctx.Err()
	}
	now := time.Now()
	left := r.keys.Expires.Sub(now)
	if left > renewBefore || left > 0 && now.Sub(r.tried) < renewPause {
		return r.keys, nil
	}
	r.tried = now
	fresh, err := r.fetch(ctx)
	switch {
	case err == nil:
		r.keys = fresh
	case left <= 0:
		return aws.Credentials{}, fmt.Errorf("get the credentials of the instance's role: %w", err)
	}
	return r.keys, nil
}

// fetch asks the metadata service for a token, the role's name and its credentials.
func (r *role) fetch(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, roleLimit)
	defer cancel()
	token, err := r.ask(ctx, http.MethodPut, "/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("%w: without AWS_ACCESS_KEY_ID this has to run on an EC2 instance that has a role; "+
			"in a container, the hop limit of the instance's metadata options has to be 2", err)
	}
	const path = "/latest/meta-data/iam/security-credentials/"
	const header = "X-Aws-Ec2-Metadata-Token"
	name, err := r.ask(ctx, http.MethodGet, path, header, token)
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("%w: has the instance a role (an instance profile)?", err)
	}
	name, _, _ = strings.Cut(strings.TrimSpace(name), "\n")
	if name == "" || strings.ContainsAny(name, "/?#% ") {
		return aws.Credentials{}, errors.New("the metadata service names no role: has the instance one (an instance profile)?")
	}
	text, err := r.ask(ctx, http.MethodGet, path+name, header, token)
	if err != nil {
		return aws.Credentials{}, err
	}
	var a struct {
		Code, AccessKeyID, SecretAccessKey, Token string
		Expiration                                time.Time
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return aws.Credentials{}, errors.New("the metadata service's answer about the role is not JSON of the form that AWS documents")
	}
	if a.Code != "Success" || a.AccessKeyID == "" || a.SecretAccessKey == "" || !a.Expiration.After(time.Now()) {
		return aws.Credentials{}, fmt.Errorf("the metadata service has no good credentials for the role %s (%s)", clean(name), clean(a.Code))
	}
	r.name = name
	return aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey, SessionToken: a.Token, CanExpire: true, Expires: a.Expiration}, nil
}

func (r *role) ask(ctx context.Context, method, path, header, value string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(r.account.Metadata, "/")+path, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set(header, value)
	resp, err := r.inner.RoundTrip(req)
	if err != nil {
		return "", fmt.Errorf("the metadata service can't be reached: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", fmt.Errorf("the metadata service's answer broke off: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the metadata service answered %s", clean(resp.Status))
	}
	return string(body), nil
}
