package ec2test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const metadataToken = "fake-metadata-token"

// Version 2 requires a token.
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) {
	defer s.Lock()()
	const path = "/latest/meta-data/iam/security-credentials/"
	if f := s.faults.Strike(r.Method, r.URL.Path); f != nil {
		if !f.Serve(w, r, nil, nil) {
			w.WriteHeader(f.Status)
		}
		return
	}
	switch {
	case r.URL.Path == "/latest/api/token" && r.Method == http.MethodPut &&
		r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
		_, _ = w.Write([]byte(metadataToken))
	case r.Method != http.MethodGet || r.Header.Get("X-Aws-Ec2-Metadata-Token") != metadataToken:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == path:
		_, _ = w.Write([]byte(Role))
	case r.URL.Path == path+Role:
		k := s.currentKey()
		_ = json.NewEncoder(w).Encode(map[string]string{
			"Code": "Success", "LastUpdated": time.Now().UTC().Format(time.RFC3339), "Type": "AWS-HMAC",
			"AccessKeyId": k.id, "SecretAccessKey": k.secret, "Token": SessionToken,
			"Expiration": k.ends.UTC().Format(time.RFC3339),
		})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

type roleKey struct {
	id, secret string
	ends       time.Time
}

func (s *Server) roleKey(id string) *roleKey {
	for n := range s.roleKeys {
		if s.roleKeys[n].id == id {
			return &s.roleKeys[n]
		}
	}
	return nil
}

// The newest credential, or a new one from 5 minutes before its end.
func (s *Server) currentKey() roleKey {
	if n := len(s.roleKeys); n > 0 && time.Until(s.roleKeys[n-1].ends) > 5*time.Minute {
		return s.roleKeys[n-1]
	}
	n := strconv.Itoa(len(s.roleKeys) + 1)
	k := roleKey{"ASIAFAKEROLE" + n, "role-secret-" + n, time.Now().Add(cmp.Or(s.KeysLast, 6*time.Hour))}
	s.roleKeys = append(s.roleKeys, k)
	return k
}

// RoleKeys returns the number of credentials issued for the role.
func (s *Server) RoleKeys() int {
	defer s.Lock()()
	return len(s.roleKeys)
}
