"""deploy/template.yaml: what AWS's own tools say of it, and what the stack must keep."""

import copy
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.template import FOLDER, MOST_AT_ONCE, TEMPLATE, filled, resource_name
from energy_monitor.database import CONNECTIONS
from ingestion.catalogue import DATASETS
from ingestion.sources import SOURCES
from orchestration.lambdas import ByLambda
from tests import stack_access, stack_parts
from tests.conftest import REPOSITORY
from tests.stack_access import Rule
from tests.stack_mutations import OF_RULES, SPOILT, Spoil
from tests.stack_template import REGION, Json, of_type, resolved, translated

BIN = Path(sys.executable).parent
SMALL: dict[str, str] = {}
WITH_CDN = {"Cdn": "yes"}
LARGER = {"DatabaseClass": "db.m7g.large", "InstanceType": "t4g.large", "LogDays": "7"}


@pytest.fixture(scope="module")
def template() -> Json:
    return translated()


@pytest.fixture(scope="module")
def resources(template: Json) -> Json:
    """The stack with all that it may have."""
    return resolved(template, WITH_CDN)


def lint(*files: Path) -> str:
    """What cfn-lint says, errors, warnings and all; nothing where all is well."""
    command = [BIN / "cfn-lint", "--regions", REGION, "--", *files]
    done = subprocess.run(command, cwd=files[0].parent, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}" + (f"exit {done.returncode}" if done.returncode else "")


def test_cfn_lint_has_nothing_to_say(template: Json, tmp_path: Path) -> None:
    assert not re.search("cfn-lint|ignore_checks", TEMPLATE.read_text()), "nothing is suppressed"
    assert not list(REPOSITORY.glob(".cfnlintrc*"))
    after = tmp_path / "translated.json"
    after.write_text(json.dumps(template, indent=1))
    assert lint(TEMPLATE, after) == ""


def test_cfn_lint_would_say_it(template: Json, tmp_path: Path) -> None:
    """Of the database alone, for speed: a version that cannot be made any more is a warning."""
    database = copy.deepcopy(template["Resources"]["Database"]["Properties"])
    kept = ("Engine", "EngineVersion", "DBInstanceClass", "AllocatedStorage", "MasterUsername", "StorageEncrypted")
    resource = {
        "Type": "AWS::RDS::DBInstance",
        "DeletionPolicy": "Snapshot",
        "UpdateReplacePolicy": "Snapshot",
        "Properties": {key: database[key] for key in kept}
        | {"EngineVersion": "16.4", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20},
    }
    file = tmp_path / "spoilt.json"
    file.write_text(json.dumps({"Resources": {"Database": resource}}, indent=1))
    assert "W3691" in lint(file)


def test_what_is_generated_is_current() -> None:
    text = TEMPLATE.read_text()
    assert filled(text) == text, "run make template"
    assert filled(text.replace("energy-monitor-fuelhh", "energy-monitor-other")) == text
    with pytest.raises(KeyError):
        filled(text.replace("# generated: invoked", "# generated: other"))


def test_one_function_per_dataset(resources: Json) -> None:
    functions = of_type(resources, "Lambda::Function")
    prefix = ByLambda(workspace="live").prefix
    assert {one["FunctionName"] for one in functions.values()} == {f"{prefix}{dataset}" for dataset in DATASETS}
    assert len({resource_name(name) for name in (*DATASETS, *SOURCES)}) == len(DATASETS) + len(SOURCES)
    for function in functions.values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert (function["Handler"], function["Timeout"]) == ("ingestion.handler.handler", 900)
        assert function["MemorySize"] == 256
        code = function["Code"]
        assert code["S3Bucket"] == "releases"
        assert code["S3Key"] == "energy-monitor/2026.11/energy-monitor-lambda-arm64.zip"
        assert function["Environment"]["Variables"] == {
            "ENERGY_MONITOR_LAKE": "s3://{Lake}/live",
            "ENERGY_MONITOR_INGESTER_SECRET": "{IngesterSecret}",
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": "/var/task/rds-ca.pem",
        }
    (invoked,) = (s for s in instance_statements(resources) if s["Action"] == "lambda:InvokeFunction")
    assert set(invoked["Resource"]) == {f"{{{name}.Arn}}" for name in functions}


def instance_statements(resources: Json) -> list[Json]:
    policies = resources["InstanceRole"]["Properties"]["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def test_connections_suffice_for_all_functions_at_once(resources: Json) -> None:
    at_once = sum(one["ReservedConcurrentExecutions"] for one in of_type(resources, "Lambda::Function").values())
    connections = int(resources["DatabaseParameters"]["Properties"]["Parameters"]["max_connections"])
    # the roles' own limits are lower, and RDS keeps some for itself
    assert at_once + 40 <= connections
    assert at_once < resources["DatabaseConnectionsAlarm"]["Properties"]["Threshold"] < connections
    # what Dagster invokes finds a place at once: one per source, and as many that a killed run left at work
    assert len(SOURCES) * MOST_AT_ONCE <= CONNECTIONS["ingester"] < at_once, "beyond that they wait for one another"


@pytest.mark.parametrize("rule", OF_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("parameters", [SMALL, WITH_CDN, LARGER], ids=["small", "with a CDN", "larger"])
def test_the_stack_keeps_the_rule(template: Json, parameters: dict[str, str], rule: Rule) -> None:
    assert list(rule(resolved(template, parameters))) == []


@pytest.mark.parametrize(("rule", "way", "spoil"), SPOILT, ids=[f"{rule.__name__}: {way}" for rule, way, _ in SPOILT])
def test_the_rule_sees_a_spoilt_stack(template: Json, rule: Rule, way: str, spoil: Spoil) -> None:
    spoilt = copy.deepcopy(template)
    spoil(spoilt)
    assert list(rule(resolved(spoilt, WITH_CDN))), f"{rule.__name__} does not see: {way}"


def test_each_rule_is_tried() -> None:
    written = {
        rule for module in (stack_access, stack_parts) for name, rule in vars(module).items()
        if inspect.isgeneratorfunction(rule) and list(inspect.signature(rule).parameters) == ["resources"]
    }  # fmt: skip
    assert set(OF_RULES) == written - {stack_access.statements}


def test_no_parameter_holds_a_secret(template: Json) -> None:
    """They are shown to whoever may look at the stack."""
    assert not [name for name in template["Parameters"] if re.search("password|secret|token|key", name, re.IGNORECASE)]


def test_nothing_is_public_without_a_cdn(template: Json) -> None:
    without = resolved(template)
    assert not of_type(without, "CloudFront::Distribution")
    assert [one["Effect"] for one in without["LakePolicy"]["Properties"]["PolicyDocument"]["Statement"]] == ["Deny"] * 2


def test_the_cdn_serves_the_site_alone(resources: Json) -> None:
    (origin,) = resources["CdnDistribution"]["Properties"]["DistributionConfig"]["Origins"]
    assert (origin["DomainName"], origin["OriginPath"]) == ("{Lake.RegionalDomainName}", "/live/site")
    assert origin["OriginAccessControlId"] == "{CdnAccess.Id}"


def test_a_new_account_reserves_nothing(template: Json) -> None:
    functions = of_type(resolved(template, {"ReserveConcurrency": "no"}), "Lambda::Function").values()
    assert not any("ReservedConcurrentExecutions" in one for one in functions)


def test_the_instance_changes_one_record_and_deletes_nothing(resources: Json) -> None:
    given = instance_statements(resources)
    (change,) = (s for s in given if s["Action"] == "route53:ChangeResourceRecordSets")
    assert change["Resource"] == "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"
    assert change["Condition"]["ForAllValues:StringEquals"] == {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": "_acme-challenge.grid.example.org",
        "route53:ChangeResourceRecordSetsRecordTypes": "TXT",
    }
    assert "Delete" not in json.dumps(given)


def test_the_instance_is_told_where_things_are(resources: Json) -> None:
    told = json.loads(resources["Configuration"]["Properties"]["Value"].replace("{Database.Endpoint.Port}", "5432"))
    assert (told["lake"], told["workspace"], told["domain"]) == ("s3://{Lake}", "live", "grid.example.org")
    secrets = {role: f"{{{role.capitalize()}Secret}}" for role in told["secrets"]}
    assert told["secrets"] == secrets
    assert {f"{{{name}}}" for name in of_type(resources, "SecretsManager::Secret")} == set(secrets.values())
    assert "Configuration" in resources["Instance"]["DependsOn"], "it is read at the first start"


def test_secrets_are_what_the_handler_reads(resources: Json) -> None:
    for name, secret in of_type(resources, "SecretsManager::Secret").items():
        made = secret["GenerateSecretString"]
        assert (made["GenerateStringKey"], made["ExcludePunctuation"]) == ("password", True)
        fields = json.loads(made["SecretStringTemplate"].replace("{Database.Endpoint.Port}", "5432"))
        role = name.removesuffix("Secret").lower()
        if role != "admin":  # whose attachment adds the others
            database = "dagster" if role == "dagster" else "energy_monitor_live"
            place = {"host": "{Database.Endpoint.Address}", "port": 5432, "dbname": database}
            assert fields == {"username": role, **place}


def test_the_first_start_is_a_script(resources: Json) -> None:
    script = resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert len(script) < 16384 * 3 // 4, "what EC2 takes, in base64"
    files = {found[1]: found[2] for found in re.finditer(r"cat >(\S+) <<'END'\n(.*?)\nEND\n", script, re.DOTALL)}
    compile(files["/usr/local/sbin/energy-monitor-release"], "energy-monitor-release", "exec")
    assert resources["Configuration"]["Properties"]["Name"] in files["/usr/local/sbin/energy-monitor-release"]
    rules = files["/etc/nftables.conf"]
    assert f"ip daddr != {resources['Vpc']['Properties']['CidrBlock']} masquerade" in rules
    assert rules.count("policy drop;") == 1, "nothing is forwarded but what is named"


def test_each_alarm_has_its_place_in_the_runbook(resources: Json) -> None:
    """Under its own heading, or that of the alarms that each dataset or source has."""
    pages = " ".join(page.read_text() for page in FOLDER.rglob("*.md"))
    headings = re.findall(r"^#+ …?(\w+Alarm)\b", pages, re.MULTILINE)
    alarms = set(of_type(resources, "CloudWatch::Alarm"))
    assert not [name for name in alarms if not name.endswith(tuple(headings))]
    assert not [heading for heading in headings if not any(name.endswith(heading) for name in alarms)]


def test_each_parameter_is_explained(template: Json) -> None:
    pages = " ".join(page.read_text() for page in FOLDER.rglob("*.md"))
    assert not [name for name in template["Parameters"] if f"`{name}`" not in pages]
