"""Rules on who may do what. Each looks at resolved resources, and yields a sentence per fault."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.stack_template import Json, as_list, of_type

Rule = Callable[[Json], Iterator[str]]

# Whatever else the template gets needs a rule first, or a thought.
KNOWN_TYPES = {
    *("S3::Bucket", "S3::BucketPolicy", "CloudFront::Distribution", "CloudFront::OriginAccessControl"),
    *("EC2::VPC", "EC2::InternetGateway", "EC2::VPCGatewayAttachment", "EC2::Subnet", "EC2::RouteTable", "EC2::Route"),
    *("EC2::SubnetRouteTableAssociation", "EC2::VPCEndpoint", "EC2::SecurityGroup", "EC2::SecurityGroupIngress"),
    *("EC2::SecurityGroupEgress", "EC2::LaunchTemplate", "EC2::Instance", "EC2::EIP", "EC2::EIPAssociation"),
    *("RDS::DBInstance", "RDS::DBSubnetGroup", "RDS::DBParameterGroup", "Route53::RecordSet", "SSM::Parameter"),
    *("SecretsManager::Secret", "SecretsManager::SecretTargetAttachment", "IAM::Role", "IAM::ManagedPolicy"),
    *(
        "IAM::InstanceProfile",
        "Lambda::Function",
        "Logs::LogGroup",
        "CloudWatch::Alarm",
        "SNS::Topic",
        "SNS::TopicPolicy",
    ),
}
# The only actions that are allowed on all resources, as AWS takes them on no less, and where.
ON_EVERYTHING = {
    "FunctionsPolicy": {
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    },
    "InstanceRole": {
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "route53:ListHostedZones",
    },
}
EVERYTHING = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:[*/:?]*")
SECRET_NAME = re.compile(r"password|secret|token|_url$|credential", re.IGNORECASE)
PLAIN_SECRET = re.compile(
    r"\bAKIA[0-9A-Z]{16}\b|://[^/\s:@]+:[^/\s@]+@|\bpassword['\"]?\s*[:=]\s*['\"]?[^\s'\"{]", re.I
)


def statements(resources: Json) -> Iterator[tuple[str, Json]]:
    """Every statement of every policy, with the name of the resource that it is written in."""
    for name, one in resources.items():
        properties = one.get("Properties", {})
        documents = [properties.get("PolicyDocument"), *(p["PolicyDocument"] for p in properties.get("Policies", []))]
        for document in filter(None, documents):
            for statement in as_list(document["Statement"]):
                yield name, statement


def known_types_only(resources: Json) -> Iterator[str]:
    """No rule looks at other types."""
    for name, one in resources.items():
        if one["Type"].removeprefix("AWS::") not in KNOWN_TYPES:
            yield f"no rule looks at {name}, a {one['Type']}"


def least_privilege(resources: Json) -> Iterator[str]:
    """No wildcard action, nothing on all resources but what AWS has no other way for, and no policy of AWS's own."""
    for name, statement in statements(resources):
        if {"NotAction", "NotResource", "NotPrincipal"} & statement.keys():
            yield f"{name} allows all but something"
        if statement["Effect"] != "Allow":
            continue
        actions, on = set(as_list(statement.get("Action"))), as_list(statement.get("Resource"))
        if wild := [action for action in actions if "*" in action]:
            yield f"{name} allows the actions {wild}"
        if not on and "Principal" not in statement:
            yield f"{name} allows {sorted(actions)} on nothing"
        beyond = actions - ON_EVERYTHING.get(name, set())
        if beyond and any(EVERYTHING.fullmatch(str(resource)) for resource in on):
            yield f"{name} allows {sorted(beyond)} on everything"
        is_public = statement.get("Principal") in ("*", {"AWS": "*"})
        if is_public and "Condition" not in statement and resources[name]["Type"] != "AWS::EC2::VPCEndpoint":
            yield f"{name} allows {sorted(actions)} to everyone"
    for name, role in of_type(resources, "IAM::Role").items():
        if foreign := [arn for arn in role.get("ManagedPolicyArns", []) if not arn.startswith("{")]:
            yield f"{name} has policies that are not ours: {foreign}"


def function_code_may_not_touch_the_network(resources: Json) -> Iterator[str]:
    """Lambda has these actions by the function's role; the function's own code is denied them."""
    denied = {
        "Effect": "Deny",
        "Action": "ec2:*",
        "Resource": "*",
        "Condition": {
            "ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-2:123456789012:function:energy-monitor-*"}
        },
    }
    for name, statement in statements(resources):
        if any(str(action).startswith("ec2:") for action in as_list(statement.get("Action"))):
            own = [dict(s, Sid=None) for n, s in statements(resources) if n == name]
            if denied | {"Sid": None} not in own:
                yield f"{name} lets code make network interfaces"


def bucket_is_private(resources: Json) -> Iterator[str]:
    """Nobody reads a bucket but by a role, and CloudFront its `site/`."""
    for name, bucket in of_type(resources, "S3::Bucket").items():
        block = bucket.get("PublicAccessBlockConfiguration", {})
        parts = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        if not all(block.get(part) is True for part in parts):
            yield f"{name} may be made public"
        if "AccessControl" in bucket or "WebsiteConfiguration" in bucket:
            yield f"{name} has an access list or is a web site"
        if bucket.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
            yield f"{name} knows access lists"
        if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"{name} keeps no versions"
        if resources[name].get("DeletionPolicy") != "Retain":
            yield f"{name} goes with the stack"
    for name, policy in of_type(resources, "S3::BucketPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                by_cdn = statement.get("Principal") == {"Service": "cloudfront.amazonaws.com"}
                if (
                    not by_cdn
                    or statement["Resource"] != "{Lake.Arn}/live/site/*"
                    or statement["Action"] != "s3:GetObject"
                ):
                    yield f"{name} opens {statement['Resource']}"
                source = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceArn", "")
                if not source.endswith("distribution/{CdnDistribution}"):
                    yield f"{name} lets any distribution read"


def tls_only(resources: Json) -> Iterator[str]:
    """A bucket's policy refuses what comes without TLS, for the bucket and all in it."""
    policies = of_type(resources, "S3::BucketPolicy").values()
    for name in of_type(resources, "S3::Bucket"):
        on = [f"{{{name}.Arn}}", f"{{{name}.Arn}}/*"]
        wanted = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": on,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        own = [s for p in policies if p["Bucket"] == f"{{{name}}}" for s in p["PolicyDocument"]["Statement"]]
        if wanted not in [{key: value for key, value in one.items() if key != "Sid"} for one in own]:
            yield f"{name} may be used without TLS"
    for name, one in of_type(resources, "CloudFront::Distribution").items():
        if one["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] not in (
            "redirect-to-https",
            "https-only",
        ):
            yield f"{name} answers without TLS"


def stores_are_encrypted(resources: Json) -> Iterator[str]:
    """Bucket, database and disks. Secrets and logs always are."""
    for name, bucket in of_type(resources, "S3::Bucket").items():
        if not bucket.get("BucketEncryption"):
            yield f"{name} is not encrypted"
    for name, database in of_type(resources, "RDS::DBInstance").items():
        if database.get("StorageEncrypted") is not True:
            yield f"{name} is not encrypted"
    for name, template in of_type(resources, "EC2::LaunchTemplate").items():
        disks = template["LaunchTemplateData"].get("BlockDeviceMappings", [])
        if not disks or not all(disk["Ebs"].get("Encrypted") is True for disk in disks):
            yield f"{name} has a disk that is not encrypted"


def only_443_is_open(resources: Json) -> Iterator[str]:
    """From addresses only 443; from our own groups only 443 and 5432; and each group says what may go out."""
    rules: list[tuple[str, Json]] = []
    for name, group in of_type(resources, "EC2::SecurityGroup").items():
        rules += [(name, rule) for rule in group.get("SecurityGroupIngress", [])]
        if not group.get("SecurityGroupEgress") or any(r["IpProtocol"] == "-1" for r in group["SecurityGroupEgress"]):
            yield f"{name} lets all out"
    rules += of_type(resources, "EC2::SecurityGroupIngress").items()
    for name, rule in rules:
        ports = (str(rule["IpProtocol"]), rule.get("FromPort"), rule.get("ToPort"))
        from_own = "SourceSecurityGroupId" in rule
        if ports != ("tcp", 443, 443) and not (from_own and ports == ("tcp", 5432, 5432)):
            yield f"{name} opens {ports}"
    for name, template in of_type(resources, "EC2::LaunchTemplate").items():
        if "KeyName" in template["LaunchTemplateData"]:
            yield f"{name} has a key for SSH"


def instance_metadata_needs_a_session(resources: Json) -> Iterator[str]:
    """IMDSv2 only, and its answers do not get past the instance, which forwards for others."""
    for name, template in of_type(resources, "EC2::LaunchTemplate").items():
        options = template["LaunchTemplateData"].get("MetadataOptions", {})
        if options.get("HttpTokens") != "required" or options.get("HttpPutResponseHopLimit") != 1:
            yield f"{name} gives credentials away"
    for name, instance in of_type(resources, "EC2::Instance").items():
        if "LaunchTemplate" not in instance:
            yield f"{name} is started by no launch template"


def no_secret_in_plain_text(resources: Json) -> Iterator[str]:
    """Secrets Manager makes them; others are told where they are."""
    for name, secret in of_type(resources, "SecretsManager::Secret").items():
        if "SecretString" in secret or "GenerateSecretString" not in secret:
            yield f"{name} has its value from the template"
    for name, one in of_type(resources, "RDS::DBInstance").items():
        if not str(one.get("MasterUserPassword", "")).startswith("{{resolve:secretsmanager:{AdminSecret}"):
            yield f"{name} has its password from the template"
    for name, function in of_type(resources, "Lambda::Function").items():
        for variable, value in function["Environment"]["Variables"].items():
            if SECRET_NAME.search(variable) and value != "{IngesterSecret}":
                yield f"{name} has {variable} in plain text"
    for name, one in resources.items():
        for text in _strings(one):
            if PLAIN_SECRET.search(text) or (
                "resolve:secretsmanager" in text and one["Type"] != "AWS::RDS::DBInstance"
            ):
                yield f"{name} holds a secret"


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _strings(item)
