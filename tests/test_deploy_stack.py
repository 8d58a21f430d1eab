"""The translated template, made by moto: what it knows is there and wired. What it does not know is listed.

moto's CloudFormation is not AWS's: `for_moto` says in what the template has to give way. What it loses of the rest is
asserted on the template itself, in test_deploy_template.py.
"""

import ast
import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from deploy.template import resource_name
from ingestion.catalogue import DATASETS
from tests.stack_template import PARAMETERS, REGION, Json, of_type, resolved, translated

# What moto's CloudFormation passes over with a warning in its log.
NOT_MADE = {
    "AWS::CloudWatch::Alarm": 24 + 4 + 7,
    "AWS::EC2::EIPAssociation": 1,
    "AWS::EC2::SecurityGroupEgress": 2,
    "AWS::S3::BucketPolicy": 1,
    "AWS::SNS::TopicPolicy": 1,
    "AWS::SecretsManager::SecretTargetAttachment": 1,
}
# What it makes and gives no identifier of, so that describe_stack_resources lacks it: looked for by its own API below.
WITHOUT_IDENTIFIER = {
    "AWS::EC2::SecurityGroupIngress": 3,
    "AWS::RDS::DBParameterGroup": 1,
    "AWS::RDS::DBSubnetGroup": 1,
}
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")  # of moto's own, for NOT_MADE
DATABASE_HOST = "database.example.org"


def for_moto(template: Json, secrets: dict[str, str]) -> Json:
    """The template with what moto cannot do in another way.

    Secrets are made by their own API and come in as parameters of the same names; an instance takes no launch template,
    so it has what that says; a database takes no group of parameters; and its address is not in a Sub.
    """
    text = json.dumps(template).replace("${Database.Endpoint.Address}", DATABASE_HOST)
    changed: Json = json.loads(text.replace("${Database.Endpoint.Port}", "5432"))
    resources = changed["Resources"]
    for name in secrets:
        del resources[name]
        changed["Parameters"][name] = {"Type": "String"}
    launched = resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    instance = resources["Instance"]["Properties"]
    del instance["LaunchTemplate"]
    instance |= {key: launched[key] for key in ("InstanceType", "SecurityGroupIds")} | {"ImageId": "ami-1234abcd"}
    del resources["Database"]["Properties"]["DBParameterGroupName"]
    return changed


class Stack:
    """A stack in moto."""

    def __init__(self, template: Json, endpoint: str, name: str = "energy-monitor") -> None:
        self.endpoint, self.template = endpoint, template
        self.bucket("releases")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("ingestion/handler.py", "")
        self.client("s3").put_object(
            Bucket="releases",
            Key=f"energy-monitor/{PARAMETERS['Release']}/energy-monitor-lambda-arm64.zip",
            Body=package.getvalue(),
        )
        zone = self.client("route53").create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]
        self.secrets = {
            one: self.client("secretsmanager").create_secret(Name=one, SecretString="{}")["ARN"]
            for one in of_type(template["Resources"], "SecretsManager::Secret")
        }
        parameters = PARAMETERS | {"HostedZoneId": zone["Id"].split("/")[-1]} | self.secrets
        self.client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps(for_moto(template, self.secrets)),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        (described,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        self.status = described["StackStatus"]
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
        found = self.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
        # what was passed over is in this list too, without a name
        self.ids = {
            one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found if one.get("PhysicalResourceId")
        }

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def bucket(self, name: str) -> None:
        place = {"LocationConstraint": REGION}
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)


@pytest.fixture(scope="module")
def template() -> Json:
    return translated()


@pytest.fixture(scope="module")
def stack(template: Json) -> Iterator[Stack]:
    """moto's server in a thread; it calls itself by the credentials of its environment."""
    needed = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    before = {name: os.environ.get(name) for name in needed}
    os.environ.update(needed)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Stack(template, f"http://{host}:{port}")
    finally:
        server.stop()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def test_all_is_made_but_what_moto_does_not_know(stack: Stack, template: Json) -> None:
    assert stack.status == "CREATE_COMPLETE"
    expected = {name: one["Type"] for name, one in resolved(template).items() if name not in stack.secrets}
    missing = Counter(kind for name, kind in expected.items() if name not in stack.ids)
    assert missing == Counter(NOT_MADE) + Counter(WITHOUT_IDENTIFIER)
    assert stack.outputs["LakeUri"] == f"s3://{stack.ids['Lake']}"
    assert stack.outputs["DashboardUrl"] == "https://grid.example.org/"
    assert stack.outputs["AdminSecretArn"] == stack.secrets["AdminSecret"]
    assert "CdnUrl" not in stack.outputs


def test_functions_are_wired(stack: Stack) -> None:
    client = stack.client("lambda")
    listed = [
        one["FunctionName"] for page in client.get_paginator("list_functions").paginate() for one in page["Functions"]
    ]
    assert sorted(listed) == sorted(f"energy-monitor-{dataset}" for dataset in DATASETS)
    subnets = {stack.ids["PrivateSubnetA"], stack.ids["PrivateSubnetB"]}
    for dataset in DATASETS:
        name = resource_name(dataset)
        given = client.get_function(FunctionName=f"energy-monitor-{dataset}")
        function = given["Configuration"]
        assert function["Role"].endswith(f":role/{stack.ids[f'{name}Role']}")
        assert set(function["VpcConfig"]["SubnetIds"]) == subnets
        assert function["VpcConfig"]["SecurityGroupIds"] == [stack.ids["FunctionsSecurityGroup"]]
        assert (function["Runtime"], function["Timeout"], function["MemorySize"]) == ("python3.13", 900, 256)
        variables = function["Environment"]["Variables"]
        assert variables["ENERGY_MONITOR_LAKE"] == f"s3://{stack.ids['Lake']}/live"
        assert variables["ENERGY_MONITOR_INGESTER_SECRET"] == stack.secrets["IngesterSecret"]
        assert given["Concurrency"]["ReservedConcurrentExecutions"] in (1, 2)
    logs = {
        one["logGroupName"]: one.get("retentionInDays")
        for one in stack.client("logs").describe_log_groups()["logGroups"]
    }
    assert {f"/aws/lambda/energy-monitor-{dataset}" for dataset in DATASETS} <= set(logs)
    assert set(logs.values()) == {30}


def test_a_functions_role_is_its_own(stack: Stack) -> None:
    client = stack.client("iam")
    role = stack.ids["RemitRole"]
    policy = document(client.get_role_policy(RoleName=role, PolicyName="remit")["PolicyDocument"])
    land = next(one for one in policy["Statement"] if one["Sid"] == "Land")
    assert land["Resource"] == f"arn:aws:s3:::{stack.ids['Lake']}/live/landing/elexon/remit/*"
    # moto attaches no policy that is made in the same stack
    (shared,) = client.list_policies(Scope="Local")["Policies"]
    version = client.get_policy_version(PolicyArn=shared["Arn"], VersionId="v1")["PolicyVersion"]
    login = next(one for one in document(version["Document"])["Statement"] if one["Sid"] == "Login")
    assert login["Resource"] == stack.secrets["IngesterSecret"]


def document(policy: Any) -> Json:
    """A policy as moto gives it back: of CloudFormation's, the text is Python's instead of JSON's."""
    found: Json = ast.literal_eval(policy) if isinstance(policy, str) else policy
    return found


def test_the_network_is_wired(stack: Stack) -> None:
    client = stack.client("ec2")
    private = table(client, stack.ids["PrivateRoutes"])
    assert private["0.0.0.0/0"]["InstanceId"] == stack.ids["Instance"], "the instance is the way to the sources"
    (endpoint,) = client.describe_vpc_endpoints()["VpcEndpoints"]
    assert endpoint["ServiceName"] == f"com.amazonaws.{REGION}.s3"
    assert endpoint["RouteTableIds"] == [stack.ids["PrivateRoutes"]]
    public = table(client, stack.ids["PublicRoutes"])
    assert public["0.0.0.0/0"]["GatewayId"] == stack.ids["InternetGateway"]
    ((instance,),) = (one["Instances"] for one in client.describe_instances()["Reservations"])
    assert (instance["InstanceType"], instance["SubnetId"]) == ("t4g.medium", stack.ids["PublicSubnetA"])
    data = client.describe_launch_template_versions(LaunchTemplateId=stack.ids["LaunchTemplate"], Versions=["$Latest"])
    launched = data["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert launched["MetadataOptions"]["HttpTokens"] == "required"
    assert launched["ImageId"].startswith("resolve:ssm:/aws/service/canonical/ubuntu/")


def table(client: Any, table_id: str) -> dict[str, Json]:
    (found,) = client.describe_route_tables(RouteTableIds=[table_id])["RouteTables"]
    return {route["DestinationCidrBlock"]: route for route in found["Routes"] if "DestinationCidrBlock" in route}


def test_only_443_and_our_own_are_let_in(stack: Stack) -> None:
    groups = stack.client("ec2").describe_security_groups(
        GroupIds=[stack.ids[f"{name}SecurityGroup"] for name in ("Instance", "Functions", "Database")]
    )["SecurityGroups"]
    let_in = {
        (group["GroupId"], rule["FromPort"], source)
        for group in groups
        for rule in group["IpPermissions"]
        for source in [*(r["CidrIp"] for r in rule["IpRanges"]), *(p["GroupId"] for p in rule["UserIdGroupPairs"])]
    }
    instance, functions, database = (stack.ids[f"{one}SecurityGroup"] for one in ("Instance", "Functions", "Database"))
    assert let_in == {
        (instance, 443, "0.0.0.0/0"),
        (instance, 443, functions),
        (database, 5432, functions),
        (database, 5432, instance),
    }


def test_the_database_is_private_and_encrypted(stack: Stack) -> None:
    client = stack.client("rds")
    (database,) = client.describe_db_instances()["DBInstances"]
    assert (database["Engine"], database["EngineVersion"].split(".")[0]) == ("postgres", "17")
    assert (database["StorageEncrypted"], database["PubliclyAccessible"]) == (True, False)
    assert database["BackupRetentionPeriod"] == 7
    subnets = {one["SubnetIdentifier"] for one in database["DBSubnetGroup"]["Subnets"]}
    assert subnets == {stack.ids["PrivateSubnetA"], stack.ids["PrivateSubnetB"]}
    groups = client.describe_db_parameter_groups()["DBParameterGroups"]
    assert {one["DBParameterGroupFamily"] for one in groups if one["Description"].startswith("TLS only")} == {
        "postgres17"
    }


def test_the_instance_is_told_of_what_was_made(stack: Stack) -> None:
    told = stack.client("ssm").get_parameter(Name="/energy-monitor/energy-monitor")["Parameter"]["Value"]
    said = json.loads(told)
    assert said["lake"] == stack.outputs["LakeUri"]
    assert said["database"] == {"host": DATABASE_HOST, "port": 5432, "admin": "energy_monitor_admin"}
    assert said["secrets"]["reader"] == stack.secrets["ReaderSecret"]
    assert f"s3://{stack.ids['Lake']}/{said['workspace']}" == f"{said['lake']}/live"


def test_the_name_leads_to_the_instance(stack: Stack) -> None:
    client = stack.client("route53")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    records = client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (record,) = (one for one in records if one["Type"] == "A")
    assert record["Name"].rstrip(".") == "grid.example.org"
    assert [one["Value"] for one in record["ResourceRecords"]] == [stack.ids["Address"]]


def test_alarms_can_be_made(stack: Stack, template: Json) -> None:
    """moto's CloudFormation passes them over; its CloudWatch takes each as it is written."""
    client = stack.client("cloudwatch")
    alarms = of_type(resolved(template), "CloudWatch::Alarm")
    for name, alarm in alarms.items():
        client.put_metric_alarm(AlarmName=name, **alarm)
    described = client.describe_alarms(MaxRecords=100)["MetricAlarms"]
    assert len(described) == len(alarms) == NOT_MADE["AWS::CloudWatch::Alarm"]
