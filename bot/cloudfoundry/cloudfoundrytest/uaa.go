package cloudfoundrytest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const userGUID = "0000abcf-cafe-4abc-8def-0123456789ab"

// RefreshToken is a refresh token that a new [Server] accepts.
const RefreshToken = "cf-test-refresh-0123456789"

type uaa struct {
	life    time.Duration
	access  map[string]time.Time // tokens, and when they expire
	refresh map[string]bool
}

// SetTokenLife sets the life of new tokens. In a new server it is 10 minutes.
func (s *Server) SetTokenLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uaa.life = d
}

// RevokeTokens revokes all tokens issued so far; with refresh also all refresh tokens, as a change of the password
// does.
func (s *Server) RevokeTokens(refresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.uaa.access)
	if refresh {
		clear(s.uaa.refresh)
	}
}

// Token issues a token for a client that does not get one by itself.
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uaa.give(theUser())
}

func theUser() object { return object{"user_name": Username, "user_id": userGUID, "origin": "uaa"} }

// The caller must hold the lock.
func (u *uaa) give(claims object) string {
	end := time.Now().Add(u.life)
	part := func(o object) string {
		b, err := json.Marshal(o)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	claims["jti"], claims["exp"] = rand.Text(), end.Unix()
	token := part(object{"alg": "RS256", "typ": "JWT"}) + "." + part(claims) + "." + rand.Text()
	u.access[token] = end
	return token
}

// The caller must hold the lock.
func (u *uaa) knows(r *http.Request) bool {
	kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return ok && strings.EqualFold(kind, "bearer") && time.Now().Before(u.access[token])
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, secret, ok := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if !ok { // in the form, as the cf CLI sends them
		id, secret, ok = r.PostFormValue("client_id"), r.PostFormValue("client_secret"), r.PostForm.Has("client_id")
	}
	user := ok && id == "cf" && secret == ""
	client := ok && id == ClientID && secret == ClientSecret
	deny := func(status int, title, description string) {
		send(w, status, object{"error": title, "error_description": description})
	}
	refresh, claims := "", theUser()
	switch grant := r.PostFormValue("grant_type"); {
	case !user && !client:
		deny(http.StatusUnauthorized, "unauthorized", "Bad credentials")
		return
	case grant == "client_credentials" && client:
		claims = object{"client_id": ClientID, "sub": ClientID}
	case grant == "password":
		if r.PostFormValue("username") != Username || r.PostFormValue("password") != Password {
			deny(http.StatusUnauthorized, "unauthorized", "Bad credentials")
			return
		}
		refresh = rand.Text() + "-r"
		s.uaa.refresh[refresh] = true
	case grant == "refresh_token":
		refresh = r.PostFormValue("refresh_token")
		if !s.uaa.refresh[refresh] {
			deny(http.StatusUnauthorized, "invalid_token",
				"The token expired, was revoked, or the token ID is incorrect: "+refresh)
			return
		}
	default:
		deny(http.StatusUnauthorized, "unauthorized_client", "Unauthorized grant type: "+grant)
		return
	}
	answer := object{
		"access_token": s.uaa.give(claims), "token_type": "bearer",
		"expires_in": int(s.uaa.life.Seconds()), "scope": "cloud_controller.read cloud_controller.write",
		"jti": rand.Text(),
	}
	if refresh != "" {
		answer["refresh_token"] = refresh
	}
	send(w, http.StatusOK, answer)
}

func (s *Server) prompts(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, object{
		"app":     object{"version": "77.20.0"},
		"prompts": object{"username": []string{"text", "Email"}, "password": []string{"password", "Password"}},
	})
}
