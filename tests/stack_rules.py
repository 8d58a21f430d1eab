"""The rules that the stack must keep. Each looks at resolved resources and yields a sentence per fault."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from deploy.template import concurrency, resource_name
from ingestion.catalogue import DATASETS
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
    *("IAM::InstanceProfile", "Lambda::Function", "Logs::LogGroup", "CloudWatch::Alarm", "SNS::Topic", "SNS::TopicPolicy"),
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
SECRET_NAME = re.compile(r"password|secret|token|_url$|credential", re.IGNORECASE)
PLAIN_SECRET = re.compile(r"\bAKIA[0-9A-Z]{16}\b|://[^/\s:@]+:[^/\s@]+@|\bpassword['\"]?\s*[:=]\s*['\"]?[^\s'\"{]", re.I)


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
        if any(not re.sub(r"[*:?]|arn|aws", "", str(resource)) for resource in on):
            if beyond := actions - ON_EVERYTHING.get(name, set()):
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
                if not by_cdn or statement["Resource"] != "{Lake.Arn}/live/site/*" or statement["Action"] != "s3:GetObject":
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
        if one["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] not in ("redirect-to-https", "https-only"):
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


def logs_end(resources: Json) -> Iterator[str]:
    """Every log is declared, and kept for so long and no longer."""
    groups = of_type(resources, "Logs::LogGroup")
    for name, group in groups.items():
        if not group.get("RetentionInDays"):
            yield f"{name} is kept for ever"
    declared = {group["LogGroupName"] for group in groups.values()}
    wanted = {f"/aws/lambda/{one['FunctionName']}" for one in of_type(resources, "Lambda::Function").values()}
    for one in of_type(resources, "RDS::DBInstance").values():
        exports = one.get("EnableCloudwatchLogsExports", [])
        wanted |= {f"/aws/rds/instance/{one['DBInstanceIdentifier']}/{export}" for export in exports}
    for log in sorted(wanted - declared):
        yield f"{log} is not declared"


def database_is_private(resources: Json) -> Iterator[str]:
    """No public address, subnets without a way in, TLS, and copies that outlive a mistake."""
    gateways = {f"{{{name}}}" for name in of_type(resources, "EC2::InternetGateway")}
    open_tables = {r["RouteTableId"] for r in of_type(resources, "EC2::Route").values() if r.get("GatewayId") in gateways}
    routed = {a["SubnetId"]: a["RouteTableId"] for a in of_type(resources, "EC2::SubnetRouteTableAssociation").values()}
    groups = of_type(resources, "RDS::DBSubnetGroup")
    tls = {
        f"{{{name}}}" for name, one in of_type(resources, "RDS::DBParameterGroup").items()
        if one["Parameters"].get("rds.force_ssl") == "1"
    }  # fmt: skip
    for name, one in of_type(resources, "RDS::DBInstance").items():
        subnets = groups[one["DBSubnetGroupName"].strip("{}")]["SubnetIds"]
        if one.get("PubliclyAccessible") is not False or any(routed.get(s) in {None, *open_tables} for s in subnets):
            yield f"{name} can be reached from outside"
        if one.get("DBParameterGroupName") not in tls:
            yield f"{name} does not insist on TLS"
        if one.get("DeletionProtection") is not True or not one.get("BackupRetentionPeriod"):
            yield f"{name} can be lost"
        if {resources[name].get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")} != {"Snapshot"}:
            yield f"{name} leaves no snapshot"


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
            if PLAIN_SECRET.search(text) or ("resolve:secretsmanager" in text and one["Type"] != "AWS::RDS::DBInstance"):
                yield f"{name} holds a secret"


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _strings(item)


def functions_are_apart(resources: Json) -> Iterator[str]:
    """Each function has a role of its own, which reaches its own prefix, its own log and the ingester's secret."""
    functions = of_type(resources, "Lambda::Function")
    if set(functions) != {f"{resource_name(dataset)}Function" for dataset in DATASETS}:
        yield "the functions are not those of the catalogue"
    for dataset in DATASETS.values():
        name = resource_name(dataset.id)
        function, role = functions.get(f"{name}Function", {}), resources.get(f"{name}Role", {}).get("Properties", {})
        lake = f"live/landing/{dataset.source}/{dataset.id}/*"
        own = {
            ("s3:GetObject", f"{{Lake.Arn}}/{lake}"),
            ("s3:PutObject", f"{{Lake.Arn}}/{lake}"),
            ("s3:GetObject", "{Lake.Arn}/live/kind.txt"),
            ("s3:PutObject", "{Lake.Arn}/live/kind.txt"),
            ("s3:ListBucket", "{Lake.Arn}"),
            ("logs:CreateLogStream", f"{{{name}Log.Arn}}"),
            ("logs:PutLogEvents", f"{{{name}Log.Arn}}"),
        }
        given = [s for p in role.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
        if {(a, r) for s in given for a in as_list(s["Action"]) for r in as_list(s["Resource"])} != own:
            yield f"{dataset.id} may do other things than its own"
        listed = [s.get("Condition", {}).get("StringLike") for s in given if "s3:ListBucket" in as_list(s["Action"])]
        if listed != [{"s3:prefix": [lake, "live/kind.txt"]}]:
            yield f"{dataset.id} may list what is not its own"
        if role.get("ManagedPolicyArns") != ["{FunctionsPolicy}"]:
            yield f"{dataset.id} has other policies"
        if function.get("Role") != f"{{{name}Role.Arn}}" or function.get("FunctionName") != f"energy-monitor-{dataset.id}":
            yield f"{dataset.id} has another's role or name"
        if function.get("ReservedConcurrentExecutions") != concurrency(dataset):
            yield f"{dataset.id} may run in any number"
    shared = {a for n, s in statements(resources) if n == "FunctionsPolicy" and "secret" in str(s) for a in as_list(s["Resource"])}
    if shared != {"{IngesterSecret}"}:
        yield f"functions read the secrets {sorted(shared)}"


def functions_are_inside(resources: Json) -> Iterator[str]:
    """In the private subnets, whose way out is the instance, which forwards."""
    subnets = ["{PrivateSubnetA}", "{PrivateSubnetB}"]
    for name, one in of_type(resources, "Lambda::Function").items():
        wanted = {"SubnetIds": subnets, "SecurityGroupIds": ["{FunctionsSecurityGroup}"]}
        if one.get("VpcConfig") != wanted:
            yield f"{name} is elsewhere"
    ways = {a["RouteTableId"] for a in of_type(resources, "EC2::SubnetRouteTableAssociation").values() if a["SubnetId"] in subnets}
    out = [r for r in of_type(resources, "EC2::Route").values() if r["RouteTableId"] in ways]
    if [r.get("InstanceId") for r in out] != ["{Instance}"] or resources["Instance"]["Properties"].get("SourceDestCheck") is not False:
        yield "the functions have no way out"


def alarms_are_heard(resources: Json) -> Iterator[str]:
    """Each alarm tells the topic, and each dataset and source has one."""
    alarms = of_type(resources, "CloudWatch::Alarm")
    for name, alarm in alarms.items():
        if "{AlarmTopic}" not in alarm.get("AlarmActions", []) or "{AlarmTopic}" not in alarm.get("OKActions", []):
            yield f"{name} tells nobody"
    watched = {d["Value"] for a in alarms.values() if a["MetricName"] == "Errors" for d in a["Dimensions"]}
    for dataset in DATASETS:
        if f"{{{resource_name(dataset)}Function}}" not in watched:
            yield f"nobody hears when {dataset} fails"
    silent = {d["Value"] for a in alarms.values() if a["MetricName"] == "Overdue" for d in a["Dimensions"]}
    if missing := {dataset.source for dataset in DATASETS.values()} - silent:
        yield f"nobody hears when there is no data of {sorted(missing)}"


RULES: tuple[Rule, ...] = (
    known_types_only,
    least_privilege,
    function_code_may_not_touch_the_network,
    bucket_is_private,
    tls_only,
    stores_are_encrypted,
    only_443_is_open,
    instance_metadata_needs_a_session,
    logs_end,
    database_is_private,
    no_secret_in_plain_text,
    functions_are_apart,
    functions_are_inside,
    alarms_are_heard,
)
