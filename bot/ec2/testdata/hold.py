"""Holds this package against botocore, the library that AWS itself makes of its service models.

validate    reads calls as JSON from standard input, and prints what in them the models do not know, a line each.
drive URL   uses the fake at URL as any client of botocore's would, and prints what it understood, as JSON.
"""

import json
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

session = botocore.session.get_session()
NAMES = {"ec2": "ec2", "autoscaling": "autoscaling", "elasticloadbalancing": "elbv2", "sts": "sts"}


def serialized(service, name, shape):
    """The name of a member in a form."""
    if service == "ec2":
        query = shape.serialization.get("queryName")
        location = shape.serialization.get("name", name)
        return query or location[0].upper() + location[1:]
    return shape.serialization.get("name", name)


def walk(service, shape, parts, value):
    """What is wrong with the value at the path of parts below a shape, or None."""
    if shape.type_name == "structure":
        if not parts:
            return "it is a structure"
        for name, member in shape.members.items():
            if serialized(service, name, member) == parts[0]:
                return walk(service, member, parts[1:], value)
        return "%s has no member %s" % (shape.name, parts[0])
    if shape.type_name == "list":
        if service != "ec2" and not shape.serialization.get("flattened"):
            if parts[:1] != [shape.member.serialization.get("name", "member")]:
                return "%s is a list of members" % shape.name
            parts = parts[1:]
        if not parts or not parts[0].isdigit() or parts[0] == "0":
            return "%s is a list, numbered from 1" % shape.name
        return walk(service, shape.member, parts[1:], value)
    if parts:
        return "%s is no structure" % shape.name
    if shape.type_name in ("integer", "long") and not value.lstrip("-").isdigit():
        return "%r is no number" % value
    if shape.type_name == "boolean" and value not in ("true", "false"):
        return "%r is neither true nor false" % value
    if shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        # A model of some years ago does not know the instance types of today.
        if shape.name != "InstanceType":
            return "%r is none of %s" % (value, shape.enum)
    return None


def validate():
    for call in json.load(sys.stdin):
        service = call["Service"]
        model = session.get_service_model(NAMES[service])
        where = "%s %s" % (service, call["Action"])
        if call["Action"] not in model.operation_names:
            print("%s: there is no such action" % where)
            continue
        params = {k: v[0] for k, v in call["Params"].items()}
        if params.pop("Action") != call["Action"] or params.pop("Version") != model.api_version:
            print("%s: the version is not %s" % (where, model.api_version))
        shape = model.operation_model(call["Action"]).input_shape
        for key, value in params.items():
            wrong = walk(service, shape, key.split("."), value)
            if wrong:
                print("%s: %s: %s" % (where, key, wrong))
        for name in shape.required_members:
            key = serialized(service, name, shape.members[name])
            if not any(k == key or k.startswith(key + ".") for k in params):
                print("%s: %s is required" % (where, key))


def drive(url):
    def client(name, key="AKIAFAKEFAKEFAKEFAKE"):
        return session.create_client(
            name,
            region_name="eu-central-1",
            endpoint_url=url,
            aws_access_key_id=key,
            aws_secret_access_key="fake/secret+access/key",
            config=Config(retries={"max_attempts": 0}),
        )

    ec2, elb, groups = client("ec2"), client("elbv2"), client("autoscaling")
    out = {}
    pool = [{"Name": "tag:autoscalebot:pool", "Values": ["web"]}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=pool, PaginationConfig={"PageSize": 2})
    out["pages"] = 0
    out["instances"] = []
    for page in pages:
        out["pages"] += 1
        for reservation in page["Reservations"]:
            for i in reservation["Instances"]:
                tags = {t["Key"]: t["Value"] for t in i["Tags"]}
                out["instances"].append([tags["Name"], i["State"]["Name"], i["InstanceType"], i["PrivateIpAddress"], i["LaunchTime"].year > 2000])
    made = ec2.run_instances(
        MinCount=1,
        MaxCount=1,
        LaunchTemplate={"LaunchTemplateName": "web-servers"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "autoscalebot:pool", "Value": "web"}, {"Key": "Name", "Value": "web-9"}]}],
    )
    ident = made["Instances"][0]["InstanceId"]
    versions = ec2.describe_launch_template_versions(LaunchTemplateName="web-servers", Versions=["$Default"])
    out["template"] = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    out["templates"] = [
        [t["LaunchTemplateName"], t["DefaultVersionNumber"], t["LatestVersionNumber"], t["CreateTime"].year >= 2000]
        for page in ec2.get_paginator("describe_launch_templates").paginate(PaginationConfig={"PageSize": 1})
        for t in page["LaunchTemplates"]
    ]
    named = ec2.describe_launch_templates(LaunchTemplateNames=["web-servers"])["LaunchTemplates"]
    by_id = ec2.describe_launch_templates(LaunchTemplateIds=[named[0]["LaunchTemplateId"]])["LaunchTemplates"]
    filtered = ec2.describe_launch_templates(Filters=[{"Name": "launch-template-name", "Values": ["other"]}])["LaunchTemplates"]
    out["named templates"] = [[t["LaunchTemplateName"] for t in some] for some in (named, by_id, filtered)]
    who = client("sts").get_caller_identity()
    out["caller"] = [who["Account"], who["Arn"], bool(who["UserId"])]
    image = ec2.create_image(InstanceId=ident, Name="an image")["ImageId"]
    out["images"] = [i["Name"] for i in ec2.describe_images(Owners=["self"])["Images"] if i["ImageId"] == image]
    types = ec2.describe_instance_types(InstanceTypes=["t3.large"])["InstanceTypes"][0]
    out["type"] = [types["VCpuInfo"]["DefaultVCpus"], types["MemoryInfo"]["SizeInMiB"]]
    group = elb.describe_target_groups()["TargetGroups"][0]
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": ident}])
    health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    out["health"] = [[h["Target"]["Id"] == ident, h["Target"]["Port"], h["TargetHealth"]["State"]] for h in health]
    elb.deregister_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": ident}])
    out["attributes"] = {a["Key"]: a["Value"] for a in elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]}
    groups.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    g = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]
    out["group"] = [g["MinSize"], g["MaxSize"], g["DesiredCapacity"], sorted({i["LifecycleState"] for i in g["Instances"]}), len(g["Instances"])]
    out["ended"] = ec2.terminate_instances(InstanceIds=[ident])["TerminatingInstances"][0]["PreviousState"]["Name"]
    out["errors"] = []
    for call in (
        lambda: ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"]),
        lambda: groups.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=99),
        lambda: elb.describe_target_health(TargetGroupArn="gone"),
        lambda: ec2.describe_launch_templates(LaunchTemplateNames=["gone"]),
        lambda: ec2.describe_launch_templates(LaunchTemplateIds=["lt-0123456789abcdef0"]),
        lambda: client("sts", "AKIAOTHEROTHEROTHERO").get_caller_identity(),
    ):
        try:
            call()
        except ClientError as e:
            out["errors"].append([e.response["Error"]["Code"], bool(e.response["ResponseMetadata"]["RequestId"])])
    json.dump(out, sys.stdout)


if sys.argv[1] == "validate":
    validate()
else:
    drive(sys.argv[2])
