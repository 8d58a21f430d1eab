"""The template spoilt, in one way at a time: each rule must see what it is for."""

from collections.abc import Callable
from typing import Any

from tests import stack_access as access
from tests import stack_parts as parts
from tests.stack_access import Rule
from tests.stack_template import Json

Spoil = Callable[[Json], object]


def properties(template: Json, name: str) -> Json:
    found: Json = template["Resources"][name]["Properties"]
    return found


def document(template: Json, name: str) -> Json:
    """The first policy of a resource."""
    given = properties(template, name)
    found: Json = given["PolicyDocument"] if "PolicyDocument" in given else given["Policies"][0]["PolicyDocument"]
    return found


def statement(template: Json, name: str, sid: str) -> Json:
    """A statement of it."""
    found: Json = next(one for one in document(template, name)["Statement"] if one.get("Sid") == sid)
    return found


def allow(template: Json, name: str, action: Any, resource: Any, **more: Any) -> None:
    document(template, name)["Statement"].append({"Effect": "Allow", "Action": action, "Resource": resource} | more)


def site_statement(template: Json) -> Json:
    """What CloudFront may read."""
    found: Json = document(template, "LakePolicy")["Statement"][2]["Fn::If"][1]
    return found


def ingress(template: Json, **rule: Any) -> None:
    group = properties(template, "InstanceSecurityGroup")["SecurityGroupIngress"]
    group.append({"IpProtocol": "tcp", "CidrIp": "0.0.0.0/0"} | rule)


def add(template: Json, kind: str, **given: Any) -> None:
    template["Resources"]["Added"] = {"Type": f"AWS::{kind}", "Properties": given}


def launch_data(template: Json) -> Json:
    found: Json = properties(template, "LaunchTemplate")["LaunchTemplateData"]
    return found


def database_to_all(template: Json) -> None:
    rule = properties(template, "InstanceToDatabase")
    del rule["SourceSecurityGroupId"]
    rule["CidrIp"] = "0.0.0.0/0"


def environment(template: Json, **variables: Any) -> None:
    properties(template, "FuelhhFunction")["Environment"]["Variables"].update(variables)


LAKE: Json = {"Fn::GetAtt": ["Lake", "Arn"]}
IN_LAKE: Json = {"Fn::Sub": "${Lake.Arn}/*"}
REMIT: Json = {"Fn::Sub": "${Lake.Arn}/${Workspace}/landing/elexon/remit/*"}
BY_CLOUDFORMATION: Json = {"Fn::Sub": "{{resolve:secretsmanager:${IngesterSecret}}}"}
AWS_POLICY = "arn:aws:iam::aws:policy/PowerUserAccess"
OF_RULES: dict[Rule, dict[str, Spoil]] = {
    access.known_types_only: {
        "a queue": lambda t: add(t, "SQS::Queue"),
        "a function's address for all": lambda t: add(t, "Lambda::Url"),
    },
    access.least_privilege: {
        "all of S3": lambda t: allow(t, "FuelhhRole", "s3:*", LAKE),
        "all of all": lambda t: allow(t, "InstanceRole", "*", "*"),
        "an action on all": lambda t: allow(t, "FuelhhRole", ["s3:GetObject"], ["*"]),
        "any bucket": lambda t: allow(t, "InstanceRole", "s3:PutObject", "arn:aws:s3:::*"),
        "an exception elsewhere": lambda t: allow(t, "FuelhhRole", "ec2:DescribeSubnets", "*"),
        "all but something": lambda t: statement(t, "InstanceRole", "Invoke").update(NotAction="lambda:GetFunction"),
        "AWS's own policy": lambda t: properties(t, "InstanceRole").update(ManagedPolicyArns=[AWS_POLICY]),
        "everyone": lambda t: allow(t, "AlarmTopicPolicy", "sns:Publish", {"Ref": "AlarmTopic"}, Principal="*"),
        "on nothing": lambda t: statement(t, "InstanceRole", "Logins").update(Resource=[]),
    },
    access.function_code_may_not_touch_the_network: {
        "code may": lambda t: document(t, "FunctionsPolicy")["Statement"].pop(),
        "only some": lambda t: statement(t, "FunctionsPolicy", "NotForTheCode").update(Action="ec2:CreateTags"),
    },
    access.bucket_is_private: {
        "no block": lambda t: properties(t, "Lake")["PublicAccessBlockConfiguration"].update(BlockPublicPolicy=False),
        "an access list": lambda t: properties(t, "Lake").update(AccessControl="PublicRead"),
        "access lists": lambda t: properties(t, "Lake").pop("OwnershipControls"),
        "no versions": lambda t: properties(t, "Lake").pop("VersioningConfiguration"),
        "gone with the stack": lambda t: t["Resources"]["Lake"].update(DeletionPolicy="Delete"),
        "open to all": lambda t: allow(t, "LakePolicy", "s3:GetObject", IN_LAKE, Principal="*"),
        "all of it by CloudFront": lambda t: site_statement(t).update(Resource=IN_LAKE),
        "any distribution": lambda t: site_statement(t).pop("Condition"),
    },
    access.tls_only: {
        "no policy": lambda t: t["Resources"].pop("LakePolicy"),
        "not for the objects": lambda t: statement(t, "LakePolicy", "TlsOnly").update(Resource=LAKE),
        "allowed": lambda t: statement(t, "LakePolicy", "TlsOnly").update(Effect="Allow"),
        "pages": lambda t: properties(t, "CdnDistribution")["DistributionConfig"]["DefaultCacheBehavior"].update(
            ViewerProtocolPolicy="allow-all"
        ),
    },
    access.stores_are_encrypted: {
        "bucket": lambda t: properties(t, "Lake").pop("BucketEncryption"),
        "database": lambda t: properties(t, "Database").update(StorageEncrypted=False),
        "disk": lambda t: launch_data(t)["BlockDeviceMappings"][0]["Ebs"].pop("Encrypted"),
        "the image's own disk": lambda t: launch_data(t).pop("BlockDeviceMappings"),
    },
    access.only_443_is_open: {
        "SSH": lambda t: ingress(t, FromPort=22, ToPort=22),
        "a range": lambda t: ingress(t, FromPort=443, ToPort=8080),
        "all": lambda t: ingress(t, IpProtocol="-1"),
        "Dagster": lambda t: ingress(t, FromPort=3000, ToPort=3000, CidrIp="10.0.0.0/8"),
        "the database": database_to_all,
        "a key": lambda t: launch_data(t).update(KeyName="mine"),
        "all goes out": lambda t: properties(t, "DatabaseSecurityGroup").pop("SecurityGroupEgress"),
    },
    access.instance_metadata_needs_a_session: {
        "IMDSv1": lambda t: launch_data(t)["MetadataOptions"].update(HttpTokens="optional"),
        "two hops": lambda t: launch_data(t)["MetadataOptions"].update(HttpPutResponseHopLimit=2),
        "no launch template": lambda t: properties(t, "Instance").pop("LaunchTemplate"),
    },
    parts.logs_end: {
        "for ever": lambda t: properties(t, "FuelhhLog").pop("RetentionInDays"),
        "not declared": lambda t: properties(t, "FuelhhLog").update(LogGroupName="/mine"),
        "the database's": lambda t: t["Resources"].pop("DatabaseLog"),
    },
    parts.database_is_private: {
        "public": lambda t: properties(t, "Database").update(PubliclyAccessible=True),
        "a public subnet": lambda t: properties(t, "DatabaseSubnets")["SubnetIds"].append({"Ref": "PublicSubnetA"}),
        "without TLS": lambda t: properties(t, "DatabaseParameters")["Parameters"].update({"rds.force_ssl": "0"}),
        "AWS's own parameters": lambda t: properties(t, "Database").pop("DBParameterGroupName"),
        "deleted": lambda t: properties(t, "Database").update(DeletionProtection=False),
        "no backup": lambda t: properties(t, "Database").update(BackupRetentionPeriod=0),
        "no snapshot": lambda t: t["Resources"]["Database"].update(DeletionPolicy="Delete"),
    },
    access.no_secret_in_plain_text: {
        "a password": lambda t: properties(t, "Database").update(MasterUserPassword="hunter2"),
        "a secret's value": lambda t: properties(t, "ReaderSecret").update(SecretString="{}"),
        "in a function's environment": lambda t: environment(t, PGPASSWORD="hunter2"),
        "there by CloudFormation": lambda t: environment(t, LOGIN=BY_CLOUDFORMATION),
        "in what the instance is told": lambda t: properties(t, "Configuration").update(
            Value="postgresql://reader:hunter2@db/marts"
        ),
    },
    parts.functions_are_apart: {
        "another's prefix": lambda t: statement(t, "FuelhhRole", "Land").update(Resource=REMIT),
        "deletes": lambda t: statement(t, "FuelhhRole", "Land")["Action"].append("s3:DeleteObject"),
        "lists all": lambda t: statement(t, "FuelhhRole", "List").pop("Condition"),
        "another's role": lambda t: properties(t, "FuelhhFunction").update(Role={"Fn::GetAtt": ["RemitRole", "Arn"]}),
        "another secret": lambda t: statement(t, "FunctionsPolicy", "Login").update(Resource={"Ref": "OwnerSecret"}),
        "another policy": lambda t: properties(t, "FuelhhRole")["ManagedPolicyArns"].append({"Ref": "InstanceRole"}),
        "one too many": lambda t: add(t, "Lambda::Function", **properties(t, "RemitFunction")),
        "any number at once": lambda t: properties(t, "FuelhhFunction").pop("ReservedConcurrentExecutions"),
    },
    parts.functions_are_inside: {
        "outside": lambda t: properties(t, "FuelhhFunction").pop("VpcConfig"),
        "not forwarding": lambda t: properties(t, "Instance").pop("SourceDestCheck"),
        "no way out": lambda t: t["Resources"].pop("PrivateRoute"),
    },
    parts.alarms_are_heard: {
        "unheard": lambda t: properties(t, "FuelhhErrorsAlarm").update(AlarmActions=[]),
        "none": lambda t: t["Resources"].pop("FuelhhErrorsAlarm"),
        "no data, unheard": lambda t: t["Resources"].pop("NesoNoDataAlarm"),
    },
}
SPOILT = [(rule, way, spoil) for rule, ways in OF_RULES.items() for way, spoil in ways.items()]
