"""deploy/template.yaml as CloudFormation gets it: translated from SAM without AWS, and its references put in."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode import cfn_yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deploy.template import TEMPLATE

Json = dict[str, Any]
REGION, ACCOUNT = "eu-west-2", "123456789012"
PARAMETERS = {
    "ReleaseBucket": "releases",
    "Release": "2026.11",
    "DomainName": "grid.example.org",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "AlarmEmail": "someone@example.org",
}
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "energy-monitor",
}
NO_VALUE = object()


def translated(path: Path = TEMPLATE) -> Json:
    """The template after SAM's transform."""
    template = json.loads(json.dumps(cfn_yaml.load(str(path))))
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    done: Json = translator.translate(template, {})
    return done


def resolved(template: Json, parameters: Mapping[str, str] | None = None) -> Json:
    """The resources with parameters and conditions put in.

    What only AWS knows is written as `{Name}` for a Ref to a resource and `{Name.Attribute}` for its attributes. Raises
    KeyError for a name that the template has not.
    """
    values: dict[str, Any] = {name: one.get("Default") for name, one in template["Parameters"].items()}
    values |= PARAMETERS | dict(parameters or {})
    resolver = _Resolver(template, values)
    return {
        name: resolver.of(resource)
        for name, resource in template["Resources"].items()
        if resolver.holds(resource.get("Condition"))
    }


class _Resolver:
    def __init__(self, template: Json, values: Mapping[str, Any]) -> None:
        self.template, self.values = template, values

    def holds(self, condition: str | None) -> bool:
        if condition is None:
            return True
        left, right = (self.of(side) for side in self.template["Conditions"][condition]["Fn::Equals"])
        return bool(left == right)

    def of(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for item in node if (value := self.of(item)) is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function == "Ref":
                return self.ref(argument)
            if function == "Fn::GetAtt":
                name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                return self.attribute(name, attribute)
            if function == "Fn::Sub":
                return re.sub(r"\$\{([\w:.]+)\}", lambda m: str(self.name(m[1])), argument)
            if function == "Fn::If":
                return self.of(argument[1] if self.holds(argument[0]) else argument[2])
            if function == "Fn::Base64":
                return self.of(argument)
        return {key: value for key, item in node.items() if (value := self.of(item)) is not NO_VALUE}

    def name(self, text: str) -> Any:
        return self.attribute(*text.split(".", 1)) if "." in text else self.ref(text)

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values or name in PSEUDO:
            return self.values[name] if name in self.values else PSEUDO[name]
        return f"{{{self.known(name)}}}"

    def attribute(self, name: str, attribute: str) -> str:
        return f"{{{self.known(name)}.{attribute}}}"

    def known(self, name: str) -> str:
        if name not in self.template["Resources"]:
            raise KeyError(f"the template has no {name}")
        return name


def of_type(resources: Json, kind: str) -> Json:
    """The resources of a type, by name: their properties."""
    return {name: one.get("Properties", {}) for name, one in resources.items() if one["Type"] == f"AWS::{kind}"}


def as_list(value: Any) -> list[Any]:
    """IAM takes one or many."""
    return value if isinstance(value, list) else [] if value is None else [value]
