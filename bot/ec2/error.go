package ec2

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

const (
	again       = "it will be tried again"
	unknownKey  = "AWS does not know the access key: is it right, active, and of this account's partition?"
	wrongSecret = "the secret access key does not belong to the access key ID"
)

// An Error is a call to AWS that failed. It holds no secret, even where the answer did.
//
// It is a [pool.ErrGone] where the instance is unknown, and a [pool.ErrRefused] where AWS certainly did not do what was asked and would
// not if it were asked again.
type Error struct {
	// Op is what was tried, as in "make the server web-7".
	Op string
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Code is AWS's own name of the error, as in "InsufficientInstanceCapacity"; empty when it gave none.
	Code string
	// Message is AWS's own message, or says what else went wrong.
	Message string
	// Hint says what to do about it.
	Hint string
	// RequestID is AWS's name of the request, for its support; empty when there was no answer.
	RequestID string
	// Tries counts the HTTP calls made.
	Tries int

	gaveUp string // why no further try was made although one might have helped
	// cause is what Unwrap gives: nil, the context's error, or one of pool's. Nothing else is passed on, since the text of another error may
	// hold what the server sent.
	cause error
	kind  kind
}

// A kind of failure says what may be done after it.
type kind int

const (
	final     kind = iota
	throttled      // not carried out, and may be sent again later, whatever it is
	unclear        // carried out or not: a read may be sent again
	expired        // the signature's credentials have expired, so nothing was carried out
)

// Error tells what was tried, AWS's own name of the error and message, and a hint.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "AWS answered %d %s", e.Status, http.StatusText(e.Status))
		if e.Code != "" {
			b.WriteString(", " + e.Code)
		}
		if e.Message != "" {
			b.WriteString(": ")
		}
	}
	b.WriteString(strings.TrimSuffix(e.Message, "."))
	return b.String() + web.Tail(e.Tries, e.gaveUp, e.RequestID, e.Hint)
}

// Cause is the error without what was tried, where that has no part in it: the keys, the rate limit, or that AWS is not well or cannot be
// reached. Else it is empty.
func (e *Error) Cause() string {
	switch {
	case e.Hint == unknownKey || e.Hint == wrongSecret:
		return e.Hint // whichever service says so, in its words
	case e.Status != 0 && e.kind != expired && e.kind != throttled && e.Status < 500:
		return ""
	}
	own := *e
	own.Op, own.RequestID, own.Tries = "", "", 0
	return own.Error()
}

// Unwrap gives [pool.ErrGone], [pool.ErrRefused], the context's error when the call's time ended, or nil.
func (e *Error) Unwrap() error { return e.cause }

// An errorBody is an answer that is no success: EC2 wraps its errors one way, the other services another.
type errorBody struct {
	EC2 []struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	} `xml:"Errors>Error"`
	Query struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	} `xml:"Error"`
	EC2ID   string `xml:"RequestID"`
	QueryID string `xml:"RequestId"`
}

// statusError makes the error of an answer that is not 2xx.
func statusError(status int, body []byte) *Error {
	e := &Error{Status: status}
	var a errorBody
	if xml.Unmarshal(body, &a) == nil {
		e.Code, e.Message, e.RequestID = a.Query.Code, a.Query.Message, a.QueryID
		if len(a.EC2) > 0 {
			e.Code, e.Message = a.EC2[0].Code, a.EC2[0].Message
		}
		if a.EC2ID != "" {
			e.RequestID = a.EC2ID
		}
	}
	e.judge()
	return e
}

// judge tells from the status and the code what may be done, and what a person can do.
func (e *Error) judge() {
	switch {
	case isThrottle(e.Code) || e.Status == http.StatusTooManyRequests || e.Code == "" && e.Status == http.StatusServiceUnavailable:
		e.kind = throttled
		e.Hint = "this account makes too many calls in this region, of everything that uses it together; " + again
	case isExpired(e.Code):
		e.kind = expired
		e.Hint = "the temporary credentials have expired: get new ones (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)"
	case strings.HasPrefix(e.Code, "InvalidInstanceID"):
		e.cause = pool.ErrGone
	case strings.HasPrefix(e.Code, "Insufficient"):
		// A lack of capacity is a 500 of AWS's, and yet sure.
		e.cause = pool.ErrRefused
		e.Hint = "AWS has no such server free just now: another size, or more subnets in other availability zones, helps at once; waiting may"
	case e.Status >= 500:
		e.kind = unclear
		e.Hint = "the trouble is AWS's (https://health.aws.amazon.com); " + again
	case e.Status >= 300 && e.Status < 400:
		e.Hint = "a redirect is not followed, for the keys' sake: is the region right?"
	case e.Code == "":
		e.kind = unclear
		e.Hint = "this is no answer of AWS's: does something stand between here and it?"
	case e.Status >= 400:
		e.cause, e.Hint = pool.ErrRefused, hint(e.Code)
	}
}

// hint says what to do about a refusal.
func hint(code string) string {
	switch code {
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired":
		return "the IAM policy of these keys or this role does not allow it: docs/pools/aws.md has one that does"
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken", "IncompleteSignature":
		return unknownKey
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return wrongSecret
	case "InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded":
		return "the account's limit is reached: lower the maximum, or have the limit raised (Service Quotas, Amazon EC2)"
	case "InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException",
		"InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateId.Malformed":
		return "check EC2_LAUNCH_TEMPLATE and the region: `aws ec2 describe-launch-templates` lists those there are"
	case "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable":
		return "the launch template's image is gone: make a version of the template with one that exists"
	case "TargetGroupNotFound":
		return "check EC2_TARGET_GROUP and the region: `aws elbv2 describe-target-groups` lists those there are"
	case "OperationNotPermitted":
		return "is the server protected against termination or stopping?"
	}
	return ""
}

// isThrottle reports whether a code says that nothing was done because too much is asked. EC2, Auto Scaling and Elastic Load
// Balancing have names of their own for it.
func isThrottle(code string) bool {
	switch code {
	case "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete":
		return true
	}
	return false
}

func isExpired(code string) bool {
	return code == "ExpiredToken" || code == "ExpiredTokenException" || code == "RequestExpired"
}

// codeOf is AWS's own name of an error, or empty.
func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// clean makes a text of the server's fit for one line of a log.
func clean(s string) string { return web.Line(s) }
