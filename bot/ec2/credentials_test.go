package ec2_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/ec2"
	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
)

func byRole(s *ec2test.Server) *ec2.Provider {
	return valid(ec2.NewOver(ec2.Options{Account: ec2.Account{Region: ec2test.Region}, Pool: "web", LaunchTemplate: "web-servers"}, s))
}

func TestRoleIsRenewedBeforeItEnds(t *testing.T) {
	for _, set := range []func(*testing.T){func(*testing.T) {}, setWebIdentity} {
		set(t) // the second has priority
		synctest.Test(t, func(t *testing.T) {
			s := fake()
			s.KeysLast = time.Hour
			p := byRole(s)
			wantNames(t, p)
			time.Sleep(55*time.Minute + 30*time.Second)
			wantNames(t, p)
			if n := s.RoleKeys(); n != 1 {
				t.Errorf("%d credentials while the first is good", n)
			}
			time.Sleep(time.Minute)
			wantNames(t, p)
			if n := s.RoleKeys(); n != 2 {
				t.Errorf("%d credentials 3 minutes before the first ends", n)
			}
			for range 200 { // 10 hours
				if _, err := p.List(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Minute)
			}
			if n := s.RoleKeys(); n < 11 || n > 13 {
				t.Errorf("%d credentials in 10 hours, each good for one", n)
			}
		})
	}
}

func TestRoleWithoutMetadataService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		s.KeysLast = time.Hour
		p := byRole(s)
		mend := s.Fail("/latest/api/token", -1, ec2test.Fault{Status: 403})
		if _, err := p.List(t.Context()); err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || !strings.Contains(err.Error(), "hop limit") {
			t.Errorf("List where there is no role: %v", err)
		}
		mend()
		time.Sleep(time.Minute)
		wantNames(t, p)
		// The old ones serve until they expire.
		mend = s.Fail("/latest/api/token", -1, ec2test.Fault{})
		for range 59 {
			wantNames(t, p)
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Minute)
		if _, err := p.List(t.Context()); err == nil {
			t.Error("List with credentials that have ended")
		}
		mend()
		wantNames(t, p)
		for _, path := range []string{"/latest/meta-data/iam/security-credentials/", "/latest/meta-data/iam/security-credentials/" + ec2test.Role} {
			s.Fail(path, 5, ec2test.Fault{Status: 404})
			if _, err := byRole(s).List(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
				t.Errorf("List where the role has no credentials: %v", err)
			}
		}
	})
}

// With a slow clock or a changed role, AWS reports the credentials as expired.
func TestRoleThatExpiredEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake()
		p := byRole(s)
		wantNames(t, p)
		s.Fail("RunInstances", 1, ec2test.Fault{Status: 400, ID: "RequestExpired", Message: "Request has expired."})
		create(t, p, "web-1")
		if n := living(s); n != 1 {
			t.Errorf("%d servers", n)
		}
	})
	s := fake()
	s.Fail("DescribeInstances", -1, ec2test.Fault{Status: 400, ID: "ExpiredToken", Message: "expired"})
	if _, err := provider(s).List(t.Context()); err == nil || !strings.Contains(err.Error(), "AWS_SESSION_TOKEN") || s.Count("DescribeInstances") != 1 {
		t.Errorf("List with temporary keys that have expired: %v", err)
	}
}
