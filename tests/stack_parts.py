"""Rules on the parts: logs, database, functions and alarms. As those of stack_access."""

from collections.abc import Iterator

from deploy.template import concurrency, resource_name
from ingestion.catalogue import DATASETS
from tests.stack_access import statements
from tests.stack_template import Json, as_list, of_type


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
    open_tables = {
        r["RouteTableId"] for r in of_type(resources, "EC2::Route").values() if r.get("GatewayId") in gateways
    }
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
            ("s3:ListBucket", "{Lake.Arn}"),
            ("logs:CreateLogStream", f"{{{name}Log.Arn}}"),
            ("logs:PutLogEvents", f"{{{name}Log.Arn}}"),
        }
        given = [s for p in role.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
        if {(a, r) for s in given for a in as_list(s["Action"]) for r in as_list(s["Resource"])} != own:
            yield f"{dataset.id} may do other things than its own"
        listed = [s.get("Condition", {}).get("StringLike") for s in given if "s3:ListBucket" in as_list(s["Action"])]
        if listed != [{"s3:prefix": lake}]:
            yield f"{dataset.id} may list what is not its own"
        if role.get("ManagedPolicyArns") != ["{FunctionsPolicy}"]:
            yield f"{dataset.id} has other policies"
        if (
            function.get("Role") != f"{{{name}Role.Arn}}"
            or function.get("FunctionName") != f"energy-monitor-{dataset.id}"
        ):
            yield f"{dataset.id} has another's role or name"
        if function.get("ReservedConcurrentExecutions") != concurrency(dataset):
            yield f"{dataset.id} may run in any number"
    shared = {
        a
        for n, s in statements(resources)
        if n == "FunctionsPolicy" and "secret" in str(s)
        for a in as_list(s["Resource"])
    }
    if shared != {"{IngesterSecret}"}:
        yield f"functions read the secrets {sorted(shared)}"


def functions_are_inside(resources: Json) -> Iterator[str]:
    """In the private subnets, whose way out is the instance, which forwards."""
    subnets = ["{PrivateSubnetA}", "{PrivateSubnetB}"]
    for name, one in of_type(resources, "Lambda::Function").items():
        wanted = {"SubnetIds": subnets, "SecurityGroupIds": ["{FunctionsSecurityGroup}"]}
        if one.get("VpcConfig") != wanted:
            yield f"{name} is elsewhere"
    ways = {
        a["RouteTableId"]
        for a in of_type(resources, "EC2::SubnetRouteTableAssociation").values()
        if a["SubnetId"] in subnets
    }
    out = [r for r in of_type(resources, "EC2::Route").values() if r["RouteTableId"] in ways]
    if [r.get("InstanceId") for r in out] != ["{Instance}"] or resources["Instance"]["Properties"].get(
        "SourceDestCheck"
    ) is not False:
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
