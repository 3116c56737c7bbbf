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
	again       = "the bot retries it"
	unknownKey  = "AWS does not know the access key. It must be active and of this account's partition"
	wrongSecret = "the secret access key does not belong to the access key ID"
)

// An Error is a failed call to AWS. It contains no secrets. Op is the attempted operation. Status and Message are from
// the last answer. Hint says what to do, RequestID helps AWS's support, and Tries counts the HTTP calls. ID is AWS's
// name of the error, such as "InsufficientInstanceCapacity".
//
// It is [pool.ErrGone] if the instance does not exist, and [pool.ErrRefused] if AWS certainly did not carry out the
// call and would refuse it again.
type Error = web.Error

// EC2 wraps its errors differently from the other services.
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
		e.Hint = "all programs together make too many calls for this account in this region;  " + again
	case isExpired(e.ID):
		e.Again, e.Common = web.Never, true
		if c.creds.forget() {
			e.Again = web.NotDone
		}
		e.Hint = "the temporary credentials expired. Set new ones (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, " +
			"AWS_SESSION_TOKEN)"
	case strings.HasPrefix(e.ID, "InvalidInstanceID"):
		e.Is = pool.ErrGone
	case strings.HasPrefix(e.ID, "Insufficient"):
		// AWS reports a lack of capacity as a 500, although nothing was created.
		e.Is, e.Again, e.Common = pool.ErrRefused, web.Never, status >= 500
		e.Hint = "AWS has no free capacity for this size now. Use another size or subnets in other " +
			"availability zones, " +
			"or wait"
	case status >= 500:
		e.Common = true
		e.Hint = "the fault is at AWS (https://health.aws.amazon.com); " + again
	case status >= 300 && status < 400:
		e.Hint = "redirects are not followed, to protect the keys. Check the region"
	case e.ID == "":
		e.Again = web.Unclear
		e.Hint = "the answer is not from AWS. Check for a proxy in between"
	case status >= 400:
		e.Is, e.Hint = pool.ErrRefused, hint(e.ID)
		if e.Hint == unknownKey || e.Hint == wrongSecret {
			e.CommonCause = e.Hint // every service reports it in its own words
		}
	}
	return e
}

func hint(code string) string {
	switch code {
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired":
		return "the IAM policy of these keys or this role does not permit it. docs/pools/aws.md has a policy that does"
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken",
		"IncompleteSignature":
		return unknownKey
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return wrongSecret
	case "InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded":
		return "the account's limit is reached. Lower the maximum, or request a higher limit (Service Quotas, " +
			"Amazon EC2)"
	case "InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound",
		"InvalidLaunchTemplateId.NotFoundException",
		"InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateId.Malformed":
		return "check EC2_LAUNCH_TEMPLATE and the region. Run `aws ec2 describe-launch-templates` to list the templates"
	case "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable":
		return "the launch template's image is gone. Create a version of the template with another"
	case "TargetGroupNotFound":
		return "check EC2_TARGET_GROUP and the region. Run `aws elbv2 describe-target-groups` to list the groups"
	case "OperationNotPermitted":
		return "the server may be protected against termination or stopping"
	}
	return ""
}

// Nothing was done because of too many calls. EC2, Auto Scaling and Elastic Load Balancing each have their own names
// for it.
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
