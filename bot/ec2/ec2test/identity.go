package ec2test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

const (
	instanceOfRole = "i-0123456789abcdef0"
	// RoleARN is the role that the access key's owner or a web identity may assume.
	RoleARN = "arn:aws:iam::" + account + ":role/" + Role
	// Identity is the web identity token that the role trusts, a container's authorization, and the token of a single
	// sign-on.
	Identity = "fake-identity-token"
	// ContainerPath is the path of a container's credentials.
	ContainerPath = "/v2/credentials/autoscalebot"
)

// It needs no permission.
func (s *Server) getCallerIdentity(url.Values) ([]node, *failure) {
	arn, id := "arn:aws:iam::"+account+":user/"+Role, "AIDAFAKEFAKEFAKEFAKEF"
	if s.roleKey(s.caller) != nil {
		arn, id = "arn:aws:sts::"+account+":assumed-role/"+Role+"/"+instanceOfRole,
			"AROAFAKEFAKEFAKEFAKEF:"+instanceOfRole
	}
	return []node{tx("UserId", id), tx("Account", account), tx("Arn", arn)}, nil
}

// A web identity presents its token. All others sign.
func (s *Server) assumeRole(p url.Values) ([]node, *failure) {
	web := p.Get("Action") == "AssumeRoleWithWebIdentity"
	switch {
	case p.Get("RoleSessionName") == "":
		return nil, refuse("ValidationError",
			"1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint")
	case web && p.Get("WebIdentityToken") != Identity:
		return nil, refuse("InvalidIdentityToken", "No OpenIDConnect provider knows the token %s",
			p.Get("WebIdentityToken"))
	case p.Get("RoleArn") != RoleARN:
		return nil, &failure{http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:" + p.Get("Action")}
	}
	k := s.currentKey()
	return []node{el("Credentials", tx("AccessKeyId", k.id), tx("SecretAccessKey", k.secret),
		tx("SessionToken", SessionToken), at("Expiration", k.ends))}, nil
}

// For the unsigned calls of a container's role and a single sign-on. Returns false for others.
func (s *Server) lend(w http.ResponseWriter, r *http.Request) bool {
	shown, sso := r.Header.Get("Authorization"), r.URL.Path == "/federation/credentials"
	if sso {
		shown = r.Header.Get("X-Amz-Sso_bearer_token")
	}
	if r.Method != http.MethodGet || !sso && r.URL.Path != ContainerPath {
		return false
	}
	defer s.Lock()()
	w.Header().Set("Content-Type", "application/json")
	f := s.faults.Strike(r.Method, r.URL.Path)
	switch {
	case f != nil && f.Serve(w, r, nil, nil):
		return true
	case f != nil, shown != Identity, sso &&
		(r.URL.Query().Get("account_id") != account || r.URL.Query().Get("role_name") != Role):
		w.Header().Set("X-Amzn-Errortype", "UnauthorizedException")
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "Unauthorized", "message": "the token " + shown +
			" is not accepted"})
		return true
	}
	k := s.currentKey()
	if sso {
		_ = json.NewEncoder(w).Encode(map[string]any{"roleCredentials": map[string]any{
			"accessKeyId": k.id, "secretAccessKey": k.secret, "sessionToken": SessionToken,
			"expiration": k.ends.UnixMilli(),
		}})
		return true
	}
	_ = json.NewEncoder(w).Encode(map[string]string{
		"AccessKeyId": k.id, "SecretAccessKey": k.secret, "Token": SessionToken,
		"Expiration": k.ends.UTC().Format(time.RFC3339),
	})
	return true
}
