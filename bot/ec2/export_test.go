package ec2

import "net/http"

// NewOver makes a Provider with the test's transport, for virtual time.
func NewOver(o Options, inner http.RoundTripper) (*Provider, error) { return newProvider(o, inner) }

// NewTargetGroupOver makes a TargetGroup likewise.
func NewTargetGroupOver(a Account, arn string, inner http.RoundTripper) (*TargetGroup, error) {
	return newTargetGroup(a, arn, inner)
}

// NewGroupOver makes a Group likewise.
func NewGroupOver(a Account, name string, inner http.RoundTripper) (*Group, error) {
	return newGroup(a, name, inner)
}
