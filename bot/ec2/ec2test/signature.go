package ec2test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

// By the rules of AWS Signature Version 4. service is the one that the call is signed for.
func (s *Server) verify(r *http.Request) (service string, params url.Values, bad *failure) {
	a := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if a == nil && r.Header.Get("Authorization") == "" && r.ParseForm() == nil &&
		r.PostForm.Get("Action") == "AssumeRoleWithWebIdentity" {
		return "sts", r.PostForm, nil // authorized by its token
	}
	if a == nil {
		return "ec2", nil, refuse("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	key, date, region, service, signed, signature := a[1], a[2], a[3], a[4], a[5], a[6]
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return service, nil, refuse("MalformedQueryString", "The body broke off")
	}
	secret, token := SecretKey, ""
	switch {
	case key == AccessKeyID:
	case s.roleKey(key) != nil:
		secret, token = s.roleKey(key).secret, SessionToken
		if time.Now().After(s.roleKey(key).ends) {
			return service, nil, refuse("RequestExpired", "Request has expired.")
		}
	case service == "sts":
		return service, nil, &failure{
			http.StatusForbidden, "InvalidClientTokenId",
			"The security token included in the request is invalid.",
		}
	default:
		return service, nil, &failure{
			http.StatusUnauthorized, "AuthFailure",
			"AWS was not able to validate the provided access credentials",
		}
	}
	when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil || when.Format("20060102") != date:
		return service, nil, refuse("IncompleteSignature", "Date in Credential scope does not match the request's")
	case time.Since(when).Abs() > 5*time.Minute:
		return service, nil, refuse("RequestExpired", "Request has expired.")
	case region != Region:
		return service, nil, refuse("SignatureDoesNotMatch",
			"Credential should be scoped to a valid region, not '%s'.", region)
	case token != r.Header.Get("X-Amz-Security-Token"):
		return service, nil, &failure{
			http.StatusUnauthorized, "AuthFailure",
			"AWS was not able to validate the provided access credentials",
		}
	}

	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n")
	for name := range strings.SplitSeq(signed, ";") {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		canonical.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	canonical.WriteString("\n" + signed + "\n" + hash(body))
	scope := strings.Join([]string{date, region, service, "aws4_request"}, "/")
	toSign := strings.Join([]string{
		"AWS4-HMAC-SHA256", when.Format("20060102T150405Z"), scope,
		hash([]byte(canonical.String())),
	}, "\n")
	sum := []byte("AWS4" + secret)
	for _, part := range []string{date, region, service, "aws4_request", toSign} {
		sum = mac(sum, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(sum)), []byte(signature)) {
		// AWS's error shows what should have been signed, and so repeats the request, including a session token.
		return service, nil, &failure{
			http.StatusForbidden, "SignatureDoesNotMatch",
			"The request signature we calculated does not match the signature " +
				"you provided. The Canonical String for this request should have been '" + canonical.String() + "'",
		}
	}
	// An unsigned header could come from anybody.
	for _, must := range []string{"host", "x-amz-date"} {
		if !strings.Contains(";"+signed+";", ";"+must+";") {
			return service, nil, refuse("IncompleteSignature", "%s has to be signed", must)
		}
	}
	params, err = url.ParseQuery(string(body))
	if err != nil {
		return service, nil, refuse("MalformedQueryString", "The query string is malformed")
	}
	s.caller = key
	return service, params, nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
