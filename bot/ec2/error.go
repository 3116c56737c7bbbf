package ec2

import (
	"cmp"
	"encoding/xml"
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

// An Error is a call to AWS that failed. It holds no secret. Op is what was tried, Status and Message are the last
// answer's, Hint says what to do, RequestID is for AWS's support, and Tries counts the HTTP calls. ID is AWS's own
// name of the error, as in "InsufficientInstanceCapacity".
//
// It is a [pool.ErrGone] where the instance is unknown, and a [pool.ErrRefused] where AWS certainly did not do what was
// asked and would not if it were asked again.
type Error = web.Error

// EC2 wraps its errors one way, the other services another.
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

func (c *client) refused(_ *http.Request, status int, body []byte) *Error {
	e := &Error{}
	var a errorBody
	if xml.Unmarshal(body, &a) == nil {
		e.ID, e.Message, e.RequestID = a.Query.Code, a.Query.Message, cmp.Or(a.EC2ID, a.QueryID)
		if len(a.EC2) > 0 {
			e.ID, e.Message = a.EC2[0].Code, a.EC2[0].Message
		}
	}
	switch {
	case isThrottle(e.ID) || status == http.StatusTooManyRequests || e.ID == "" &&
		status == http.StatusServiceUnavailable:
		e.Again, e.Common = web.NotDone, true
		e.Hint = "this account makes too many calls in this region, of everything that uses it together; " + again
	case isExpired(e.ID):
		e.Again, e.Common = web.Never, true
		if c.creds.forget() {
			e.Again = web.NotDone
		}
		e.Hint = "the temporary credentials have expired: get new ones (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, " +
			"AWS_SESSION_TOKEN)"
	case strings.HasPrefix(e.ID, "InvalidInstanceID"):
		e.Is = pool.ErrGone
	case strings.HasPrefix(e.ID, "Insufficient"):
		// A lack of capacity is a 500 of AWS's, and yet sure.
		e.Is, e.Again, e.Common = pool.ErrRefused, web.Never, status >= 500
		e.Hint = "AWS has no such server free just now: another size, or more subnets in other availability zones, " +
			"helps at once; waiting may"
	case status >= 500:
		e.Common = true
		e.Hint = "the trouble is AWS's (https://health.aws.amazon.com); " + again
	case status >= 300 && status < 400:
		e.Hint = "a redirect is not followed, for the keys' sake: is the region right?"
	case e.ID == "":
		e.Again = web.Unclear
		e.Hint = "this is no answer of AWS's: does something stand between here and it?"
	case status >= 400:
		e.Is, e.Hint = pool.ErrRefused, hint(e.ID)
		if e.Hint == unknownKey || e.Hint == wrongSecret {
			e.CommonCause = e.Hint // whichever service says so, in its words
		}
	}
	return e
}

func hint(code string) string {
	switch code {
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired":
		return "the IAM policy of these keys or this role does not allow it: docs/pools/aws.md has one that does"
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken",
		"IncompleteSignature":
		return unknownKey
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return wrongSecret
	case "InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded":
		return "the account's limit is reached: lower the maximum, or have the limit raised (Service Quotas, " +
			"Amazon EC2)"
	case "InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound",
		"InvalidLaunchTemplateId.NotFoundException",
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

// isThrottle reports whether nothing was done because too much is asked. EC2, Auto Scaling and Elastic Load Balancing
// have names of their own for it.
func isThrottle(code string) bool {
	switch code {
	case "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded",
		"EC2ThrottledException", "PriorRequestNotComplete":
		return true
	}
	return false
}

func isExpired(code string) bool {
	return code == "ExpiredToken" || code == "ExpiredTokenException" || code == "RequestExpired"
}

func codeOf(err error) string {
	if e, ok := web.As(err); ok {
		return e.ID
	}
	return ""
}
