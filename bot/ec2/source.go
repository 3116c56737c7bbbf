package ec2

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

// A source is a place in the SDK's chain with credentials: a profile of the shared files, a web identity token, a
// container's role or an instance's.
type source struct {
	cache   *aws.CredentialsCache
	found   []aws.CredentialSource // in the order in which they are asked
	profile string                 // "" if the credentials come from elsewhere
	role    string                 // ARN of the assumed role; "" for none
	names   *roleNames             // of the instance
	secrets *web.Secrets
}

// Reads files and the environment, and makes no calls.
func openSource(ctx context.Context, a Account, inner http.RoundTripper, secrets *web.Secrets) (*source, error) {
	client := sdkClient(a, inner)
	s := &source{names: &roleNames{}, secrets: secrets}
	options := []func(*config.LoadOptions) error{
		config.WithRegion(a.Region),
		config.WithHTTPClient(client),
		config.WithLogger(logging.Nop{}),
		config.WithLogConfigurationWarnings(false),
		config.WithAPIOptions([]func(*middleware.Stack) error{guard(secrets)}),
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.HTTPClient = client }),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) {
			s.names.client = imds.New(imds.Options{
				Endpoint: a.Metadata, HTTPClient: client,
				EnableFallback: aws.FalseTernary,
			})
			o.Client = s.names
		}),
		// The bot caches the credentials itself, because it knows when new ones are needed.
		config.WithCredentialsCacheOptions(func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 0 }),
	}
	if a.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(a.Profile))
	}
	if a.Endpoint != "" {
		options = append(options, config.WithBaseEndpoint(a.Endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	var code config.AssumeRoleTokenProviderNotSetError
	switch {
	case errors.As(err, &code):
		return nil, errors.New("the profile's role needs a one-time code (mfa_serial), which a program " +
			"does not have. " +
			"Use another profile")
	case err != nil:
		return nil, errors.New(secrets.Strike(err.Error()))
	}
	s.cache, _ = cfg.Credentials.(*aws.CredentialsCache)
	if s.cache == nil {
		return nil, errors.New("the SDK found no source of credentials")
	}
	s.found = s.cache.ProviderSources()
	s.describe(cfg.ConfigSources)
	if s.from(aws.CredentialSourceProfileProcess) {
		return nil, fmt.Errorf("the profile %s has a credential_process. The bot does not run it: it would "+
			"see all the "+
			"bot's secrets", s.profile)
	}
	return s, nil
}

func (s *source) describe(configs []any) {
	for _, c := range configs {
		switch c := c.(type) {
		case config.EnvConfig:
			if s.from(aws.CredentialSourceEnvVarsSTSWebIDToken) {
				s.role = web.Line(c.RoleARN)
			}
		case config.SharedConfig:
			if len(s.found) > 0 && s.found[0] != aws.CredentialSourceEnvVarsSTSWebIDToken &&
				(c.RoleARN != "" || s.found[0] != aws.CredentialSourceIMDS && s.found[0] != aws.CredentialSourceHTTP) {
				s.profile, s.role = web.Line(c.Profile), web.Line(c.RoleARN)
			}
		}
	}
}

func (s *source) from(sources ...aws.CredentialSource) bool {
	return slices.ContainsFunc(s.found, func(f aws.CredentialSource) bool { return slices.Contains(sources, f) })
}

func (s *source) fetch(ctx context.Context) (aws.Credentials, error) {
	s.cache.Invalidate()
	c, err := s.cache.Retrieve(ctx)
	if err != nil {
		message := s.secrets.Strike("get the credentials of " + s.who() + ": " + told(err))
		e := &Error{Message: message, Hint: s.hint(), Is: ctx.Err()}
		if retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool() {
			e.Again = web.Unclear
		}
		return c, e
	}
	return c, nil
}

func (s *source) who() string {
	who := ""
	switch {
	case s.from(aws.CredentialSourceEnvVarsSTSWebIDToken):
		who = "the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)"
	case s.from(aws.CredentialSourceProfileSTSWebIDToken):
		who = "the web identity token"
	case s.from(aws.CredentialSourceSSO, aws.CredentialSourceSSOLegacy):
		who = "the single sign-on"
	case s.from(aws.CredentialSourceLogin):
		who = "the login"
	case s.from(aws.CredentialSourceHTTP):
		who = "the container's role"
	case s.from(aws.CredentialSourceIMDS):
		who = strings.TrimSpace("the instance's role " + s.names.last)
	}
	if s.profile != "" {
		who = strings.TrimSuffix("the profile "+s.profile+", "+who, ", ")
	}
	if s.role != "" {
		who = "the role " + s.role + " through " + who
	}
	return who
}

func (s *source) hint() string {
	switch {
	case s.from(aws.CredentialSourceSSO, aws.CredentialSourceSSOLegacy):
		return "run `aws sso login --profile " + s.profile + "`"
	case s.from(aws.CredentialSourceLogin):
		return "run `aws login --profile " + s.profile + "`"
	case s.from(aws.CredentialSourceEnvVarsSTSWebIDToken, aws.CredentialSourceProfileSTSWebIDToken):
		return "the role must exist and trust the issuer of the token"
	case len(s.found) == 1 && s.found[0] == aws.CredentialSourceIMDS:
		return "without AWS_ACCESS_KEY_ID, a profile with credentials, a web identity token or a container's " +
			"role, the bot " +
			"must run on an EC2 instance with a role (an instance profile). In a container, the hop limit of the " +
			"instance's " +
			"metadata options must be 2"
	}
	return ""
}

// Leaves out the names of the SDK's layers.
func told(err error) string {
	var operation *smithy.OperationError
	var api smithy.APIError
	if errors.As(err, &operation) && errors.As(err, &api) && api.ErrorCode() != "" {
		return fmt.Sprintf("%s answered %s: %s", operation.Service(), api.ErrorCode(), api.ErrorMessage())
	}
	text := strings.TrimPrefix(err.Error(), "failed to refresh cached credentials, ")
	const prefix = "operation error "
	if last := strings.LastIndex(text, prefix); last >= 0 {
		text = text[last+len(prefix):]
	}
	return text
}

// The credentials do not contain the name of the instance's role.
type roleNames struct {
	client *imds.Client
	last   string
}

func (n *roleNames) GetMetadata(
	ctx context.Context, in *imds.GetMetadataInput, o ...func(*imds.Options),
) (*imds.GetMetadataOutput, error) {
	out, err := n.client.GetMetadata(ctx, in, o...)
	if dir, name := path.Split(in.Path); err == nil && dir == "/iam/security-credentials/" && name != "" {
		n.last = web.Line(name)
	}
	return out, err
}

// For AWS_CA_BUNDLE the SDK needs its own kind of client.
func sdkClient(a Account, inner http.RoundTripper) config.HTTPClient {
	d, ok := inner.(*http.Transport)
	if !ok {
		return &http.Client{Transport: inner, Timeout: a.Timeout}
	}
	return awshttp.NewBuildableClient().WithTimeout(a.Timeout).WithTransportOptions(func(t *http.Transport) {
		t.Proxy = d.Proxy
	})
}

// The environment's proxy is not used for the metadata service and a container's role, which are on this machine or
// next to it.
func proxy(r *http.Request) (*url.URL, error) {
	ip := net.ParseIP(r.URL.Hostname())
	beside := ip != nil && (ip.IsLinkLocalUnicast() || ip.To4() == nil && ip.IsPrivate())
	if beside || strings.HasPrefix(r.URL.Path, "/latest/") {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// Limits the SDK's answers, and treats what its requests carry as secrets, because a server may repeat it in an error.
func guard(secrets *web.Secrets) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("guard", func(
			ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
		) (out middleware.DeserializeOutput, _ middleware.Metadata, err error) {
			if r, ok := in.Request.(*smithyhttp.Request); ok {
				for _, name := range []string{
					"Authorization", "X-Amz-Security-Token", "X-Amz-Sso_bearer_token", "X-Aws-Ec2-Metadata-Token",
				} {
					if v := r.Header.Get(name); !strings.HasPrefix(v, "AWS4-") { // AWS4- is a signature
						secrets.Add(v)
					}
				}
				secrets.Add(form(r).Get("WebIdentityToken"))
			}
			out, metadata, err := next.HandleDeserialize(ctx, in)
			if r, ok := out.RawResponse.(*smithyhttp.Response); ok && r.Body != nil {
				r.Body = bounded{io.LimitReader(r.Body, 1<<20), r.Body}
			}
			return out, metadata, err
		}), middleware.After)
	}
}

type bounded struct {
	io.Reader
	io.Closer
}

// The request keeps its form.
func form(r *smithyhttp.Request) url.Values {
	if r.GetStream() == nil || !r.IsStreamSeekable() {
		return nil
	}
	body, err := io.ReadAll(r.GetStream())
	if err != nil || r.RewindStream() != nil {
		return nil
	}
	values, _ := url.ParseQuery(string(body))
	return values
}
