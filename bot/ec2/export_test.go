package ec2

import "net/http"

// NewOver makes a Provider whose calls go to a transport of the test's, so that they can be in virtual time.
func NewOver(o Options, inner http.RoundTripper) (*Provider, error) { return newProvider(o, inner) }

// NewTargetGroupOver does the same for a TargetGroup.
func NewTargetGroupOver(a Account, arn string, inner http.RoundTripper) (*TargetGroup, error) {
	return newTargetGroup(a, arn, inner)
}

// NewGroupOver does the same for a Group.
func NewGroupOver(a Account, name string, inner http.RoundTripper) (*Group, error) {
	return newGroup(a, name, inner)
}
