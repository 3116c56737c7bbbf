package ec2_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func profiles(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Setenv("AWS_CONFIG_FILE", write(t, "config", fmt.Sprintf(format, args...)))
}

// As Kubernetes does for a service account with a role.
func setWebIdentity(t *testing.T) {
	t.Setenv("AWS_ROLE_ARN", ec2test.RoleARN)
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write(t, "token", ec2test.Identity))
}

// As `aws sso login` does for a session.
func signedOn(t *testing.T, token string, ends time.Time) {
	t.Helper()
	sum := sha1.Sum([]byte("work"))
	file := write(t, ".aws/sso/cache/"+hex.EncodeToString(sum[:])+".json", fmt.Sprintf(`{"accessToken":%q,"expiresAt":%q}`, token, ends.UTC().Format(time.RFC3339)))
	t.Setenv("HOME", strings.TrimSuffix(file, "/.aws/sso/cache/"+filepath.Base(file)))
}

const signOn = `
[profile work]
sso_session = work
sso_account_id = 123456789012
sso_role_name = autoscalebot
[sso-session work]
sso_region = eu-central-1
sso_start_url = https://example.awsapps.com/start
`

func on(t *testing.T, s *ec2test.Server, profile string) *ec2.Provider {
	t.Helper()
	p := valid(ec2.New(ec2.Options{
		Account: ec2.Account{Region: ec2test.Region, Endpoint: s.URL, Metadata: s.URL, Profile: profile, Timeout: 2 * time.Second},
		Pool:    "web", LaunchTemplate: "web-servers",
	}))
	return p
}

type place struct {
	name, profile string
	set           func(*testing.T, *ec2test.Server)
	from          string                            // as the check shows it
	bad           func(*testing.T, *ec2test.Server) // breaks the source
	wrong         string                            // the resulting error
}

func places() []place {
	const keys = "aws_access_key_id = " + ec2test.AccessKeyID + "\naws_secret_access_key = " + ec2test.SecretKey + "\n"
	return []place{
		{
			name: "an instance's role", set: func(*testing.T, *ec2test.Server) {}, from: "the instance's role autoscalebot",
			bad:   func(_ *testing.T, s *ec2test.Server) { s.Fail("/latest/api/token", -1, ec2test.Fault{Status: 403}) },
			wrong: "without AWS_ACCESS_KEY_ID, a profile with credentials, a web identity token or a container's role, the bot",
		},
		{
			name: "a profile's keys", profile: "work",
			set:   func(t *testing.T, _ *ec2test.Server) { profiles(t, "[profile work]\n%s", keys) },
			from:  "the profile work",
			bad:   func(t *testing.T, _ *ec2test.Server) { profiles(t, "[profile other]\n%s", keys) },
			wrong: "find AWS credentials: failed to get shared config profile, work",
		},
		{
			name: "the default profile's keys, in the other file",
			set: func(t *testing.T, _ *ec2test.Server) {
				t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write(t, "credentials", "[default]\n"+keys))
			},
			from: "the profile default",
			bad: func(t *testing.T, _ *ec2test.Server) {
				t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write(t, "credentials", "[default]\naws_access_key_id = AKIA"))
			},
			wrong: "partial credentials found for profile default",
		},
		{
			name: "a profile's role", profile: "work",
			set: func(t *testing.T, _ *ec2test.Server) {
				profiles(t, "[profile work]\nrole_arn = %s\nsource_profile = home\n[profile home]\n%s", ec2test.RoleARN, keys)
			},
			from: "the role " + ec2test.RoleARN + " through the profile work",
			bad: func(t *testing.T, _ *ec2test.Server) {
				profiles(t, "[profile work]\nrole_arn = %s-not\nsource_profile = home\n[profile home]\n%s", ec2test.RoleARN, keys)
			},
			wrong: "get the credentials of the role " + ec2test.RoleARN + "-not through the profile work: STS answered AccessDenied: Not authorized to perform sts:AssumeRole",
		},
		{
			name: "a web identity",
			set:  func(t *testing.T, _ *ec2test.Server) { setWebIdentity(t) },
			from: "the role " + ec2test.RoleARN + " through the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE)",
			bad: func(t *testing.T, _ *ec2test.Server) {
				t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write(t, "token", "another-identity-token"))
			},
			wrong: "STS answered InvalidIdentityToken: No OpenIDConnect provider knows the token [secret]",
		},
		{
			name: "a container's role",
			set: func(t *testing.T, s *ec2test.Server) {
				t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.URL+ec2test.ContainerPath)
				t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", ec2test.Identity)
			},
			from: "the container's role",
			bad: func(t *testing.T, _ *ec2test.Server) {
				t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "another-identity-token")
			},
			wrong: "get the credentials of the container's role: ",
		},
		{
			name: "a single sign-on", profile: "work",
			set: func(t *testing.T, _ *ec2test.Server) {
				profiles(t, signOn)
				signedOn(t, ec2test.Identity, time.Now().Add(time.Hour))
			},
			from: "the profile work, the single sign-on",
			bad: func(t *testing.T, _ *ec2test.Server) {
				signedOn(t, "another-identity-token", time.Now().Add(time.Hour))
			},
			wrong: "the token [secret] is not accepted: run `aws sso login --profile work`",
		},
		{
			name: "a single sign-on that has ended", profile: "work",
			set: func(t *testing.T, _ *ec2test.Server) {
				profiles(t, signOn)
				signedOn(t, ec2test.Identity, time.Now().Add(time.Hour))
			},
			from:  "the profile work, the single sign-on",
			bad:   func(t *testing.T, _ *ec2test.Server) { signedOn(t, ec2test.Identity, time.Now().Add(-time.Hour)) },
			wrong: "run `aws sso login --profile work`",
		},
	}
}

func TestWhereCredentialsComeFrom(t *testing.T) {
	for _, c := range places() {
		t.Run(c.name, func(t *testing.T) {
			s := fake()
			defer s.Start()()
			c.set(t, s)
			p := on(t, s, c.profile)
			create(t, p, "web-1")
			wantNames(t, p, "web-1 active")
			wantChecked(t, check(t, p)[:1], "credentials: "+c.from+", in eu-central-1")

			c.bad(t, s)
			_, err := on(t, s, c.profile).List(t.Context())
			var e *ec2.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "\n") {
				t.Errorf("List = %v\nwant %s", err, c.wrong)
			}
			for _, secret := range []string{"another-identity-token", ec2test.Identity, ec2test.SecretKey, ec2test.SessionToken} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells a secret: %v", err)
				}
			}
		})
	}
}

// A profile's command would get the whole environment, and its output is secret.
func TestACredentialProcessIsNotStarted(t *testing.T) {
	s := fake()
	defer s.Start()()
	ran := filepath.Join(t.TempDir(), "ran")
	profiles(t, "[default]\ncredential_process = touch %s\n", ran)
	if _, err := on(t, s, "").List(t.Context()); err == nil || !strings.Contains(err.Error(), "the profile default has a credential_process. The bot does not run it") {
		t.Errorf("List = %v", err)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("it was run")
	}
}

func TestASourceThatDoesNotAnswerEndsWithTheCall(t *testing.T) {
	s := fake()
	defer s.Start()()
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.URL+ec2test.ContainerPath)
	unlock := s.Lock() // no call is answered
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := on(t, s, "").List(ctx)
	unlock()
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "get the credentials of the container's role: ") || time.Since(start) > 5*time.Second {
		t.Errorf("List = %v after %v", err, time.Since(start))
	}
}

// A machine behind an inspecting proxy has its own authority, which AWS's programs read from this variable.
func TestAnAuthorityOfTheMachinesOwn(t *testing.T) {
	authority := httptest.NewTLSServer(nil)
	defer authority.Close()
	s := fake()
	defer s.Start()()
	t.Setenv("AWS_CA_BUNDLE", write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw}))))
	wantNames(t, on(t, s, ""))
}

// New makes no calls and reads no files. A broken file fails the first call, and does not stop other commands.
func TestFilesAreReadWhenTheyAreNeeded(t *testing.T) {
	s := fake()
	defer s.Start()()
	profiles(t, "[default]\nregion = eu-west-1\n")
	p := on(t, s, "work")
	profiles(t, "[profile work]\naws_access_key_id = %s\naws_secret_access_key = %s\n", ec2test.AccessKeyID, ec2test.SecretKey)
	wantNames(t, p)
}
