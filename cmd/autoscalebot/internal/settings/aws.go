package settings

import (
	"regexp"
)

// AWS configures instances on EC2, in a pool or in an Auto Scaling group.
type AWS struct {
	AWSRegion           Text   `envconfig:"AWS_REGION" once:"true" desc:"The region, such as ''eu-central-1''."`
	AWSAccessKeyID      Text   `envconfig:"AWS_ACCESS_KEY_ID" once:"true" desc:"The access key; default: AWS's usual places, up to the role of the EC2 instance."`
	AWSSecretAccessKey  Secret `envconfig:"AWS_SECRET_ACCESS_KEY" once:"true" desc:"The secret of the access key."`
	AWSSessionToken     Secret `envconfig:"AWS_SESSION_TOKEN" once:"true" desc:"Token of a temporary access key."`
	AWSProfile          Text   `envconfig:"AWS_PROFILE" once:"true" desc:"Profile in AWS's shared files whose credentials are used if there is no access key."`
	AWSEndpointURL      Text   `envconfig:"AWS_ENDPOINT_URL" once:"true" desc:"URL of the APIs, for a stand-in such as LocalStack; plain http is allowed only on a loopback address."`
	EC2LaunchTemplate   Text   `envconfig:"EC2_LAUNCH_TEMPLATE" desc:"Launch template of a pool's instances, by name or id, with a version if you like: ''web:$Latest''."`
	EC2TargetGroup      Text   `envconfig:"EC2_TARGET_GROUP" desc:"ARN of the target group, for ''POOL_BALANCER=target-group''."`
	EC2Address          Word   `envconfig:"EC2_ADDRESS" default:"private" desc:"The address at which instances are reached: ''private'' or ''public''."`
	EC2AutoscalingGroup Text   `envconfig:"EC2_AUTOSCALING_GROUP" desc:"Name of the Auto Scaling group, for ''PLATFORM=autoscaling-group''."`
}

var (
	awsRegion      = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	targetGroupARN = regexp.MustCompile(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]+:targetgroup/`)
)

func (ps *Problems) checkEC2(s *Settings) {
	ps.checkAWS(s)
	ps.need("EC2_LAUNCH_TEMPLATE", string(s.EC2LaunchTemplate),
		"it names the launch template of new instances. List them with: aws ec2 describe-launch-templates")
	ps.oneOf("EC2_ADDRESS", s.EC2Address, "private", "public")
	if s.EC2TargetGroup != "" && !targetGroupARN.MatchString(string(s.EC2TargetGroup)) {
		ps.add("EC2_TARGET_GROUP", "%q: must be the target group's ARN, such as "+
			"arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef", s.EC2TargetGroup)
	}
}

func (ps *Problems) checkAutoscalingGroup(s *Settings) {
	ps.checkAWS(s)
	ps.need("EC2_AUTOSCALING_GROUP", string(s.EC2AutoscalingGroup),
		"it names the group. List them with: aws autoscaling describe-auto-scaling-groups")
}

func (ps *Problems) checkAWS(s *Settings) {
	ps.need("AWS_REGION", string(s.AWSRegion), "set the region, such as eu-central-1")
	if s.AWSRegion != "" && !awsRegion.MatchString(string(s.AWSRegion)) {
		ps.add("AWS_REGION", "%q: must be a region's code, such as eu-central-1", s.AWSRegion)
	}
	if s.AWSAccessKeyID != "" || s.AWSSecretAccessKey != "" || s.AWSSessionToken != "" {
		ps.need("AWS_ACCESS_KEY_ID", string(s.AWSAccessKeyID), "AWS_SECRET_ACCESS_KEY needs it")
		ps.need("AWS_SECRET_ACCESS_KEY", s.AWSSecretAccessKey.Reveal(), "AWS_ACCESS_KEY_ID needs it")
	}
	if s.AWSEndpointURL != "" {
		ps.checkAPIURL("AWS_ENDPOINT_URL", string(s.AWSEndpointURL), "the access key's signature",
			"https://aws.example.com")
	}
}

func (ps *Problems) checkTargetGroup(s *Settings) {
	ps.need("EC2_TARGET_GROUP", string(s.EC2TargetGroup),
		"set the target group's ARN. List the ARNs with: aws elbv2 describe-target-groups")
}
