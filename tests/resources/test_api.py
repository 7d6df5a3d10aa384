"""The API in front: paths, the authorizer, what API Gateway answers by itself, and what is deployed anew."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_

from gateway.handlers import paths
from infra.resources import api
from infra.resources.place import place_of
from sluice.local import live
from tests.resources.stacks import Template, make_blueprint, named, of_type, one, synth

LIVE = {f"/v1/{pattern}" for pattern in paths.LIVE}
KEYED = {"/v1/{proxy+}", *LIVE}


def _api_alone(target: str, refusals: dict[str, api.Refusal]) -> Template:
    app = App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = Stack(app, "api")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    function = lambda_.Function.from_function_arn(stack, "Function", arn)
    place = place_of(target)
    api.Api(
        stack, "Api", place=place, handler=function, stream=function, authorizer=function, refusals=refusals
    )
    found: Template = app.synth().get_stack_by_name("api").template
    return found


def _body(template: Template) -> dict[str, Any]:
    body: dict[str, Any] = one(template, "AWS::ApiGateway::RestApi")["Body"]
    return body


@pytest.mark.synth
def test_everything_under_v1_wants_a_key_but_signed_links(aws: Template):
    open_to_all = {
        path
        for path, item in _body(aws)["paths"].items()
        for operation in item.values()
        if not operation.get("security")
    }

    assert open_to_all == {"/health", "/openapi.json", "/v1/files/{id}"}
    assert set(_body(aws)["paths"]) == open_to_all | KEYED


@pytest.mark.synth
def test_authorizer_sees_every_call_whatever_header_has_the_key(aws: Template):
    (scheme,) = _body(aws)["components"]["securitySchemes"].values()
    authorizer = scheme["x-amazon-apigateway-authorizer"]

    assert authorizer["type"] == "request"
    assert authorizer["authorizerResultTtlInSeconds"] == 0
    assert "identitySource" not in authorizer


def _integrations(template: Template) -> dict[str, list[dict[str, Any]]]:
    """Return each path's integrations."""
    return {
        path: [operation["x-amazon-apigateway-integration"] for operation in item.values()]
        for path, item in _body(template)["paths"].items()
    }


@pytest.mark.synth
@pytest.mark.parametrize("target", ["aws", "local"])
def test_every_path_but_the_live_ones_goes_to_the_api_function(target: str, request: pytest.FixtureRequest):
    found = _integrations(request.getfixturevalue(target))
    slow = [integration for path in LIVE for integration in found.pop(path)]
    others = [integration for each in found.values() for integration in each]

    assert {integration["type"] for integration in (*slow, *others)} == {"aws_proxy"}
    assert all("FunctionsApiFunction" in str(integration["uri"]) for integration in others)
    assert all("FunctionsStreamFunction" in str(integration["uri"]) for integration in slow)
    assert not any("responseTransferMode" in integration for integration in others)


@pytest.mark.synth
@pytest.mark.parametrize("path", sorted(LIVE))
def test_what_takes_its_time_is_streamed_on_aws(aws: Template, path: str):
    (found,) = _integrations(aws)[path]
    timeout_s = one(aws, "AWS::Lambda::Function", "FunctionsStreamFunction")["Timeout"]
    uri = named(found["uri"])

    assert found["responseTransferMode"] == "STREAM"
    assert timeout_s * 1000 < found["timeoutInMillis"] <= 900_000
    assert ":lambda:path/2021-11-15/functions/" in uri
    assert uri.endswith("/response-streaming-invocations")


@pytest.mark.synth
@pytest.mark.parametrize("path", sorted(LIVE))
def test_it_comes_in_one_piece_on_the_emulator(local: Template, path: str):
    (found,) = _integrations(local)[path]

    assert not {"responseTransferMode", "timeoutInMillis"} & found.keys()
    assert named(found["uri"]).endswith("/invocations")


def test_the_edge_serves_the_same_paths_itself():
    assert {path for _, path in live.PATHS} == LIVE


@pytest.mark.synth
@pytest.mark.parametrize("target", ["aws", "local"])
def test_files_in_forms_are_not_read_as_text(target: str, request: pytest.FixtureRequest):
    """AWS reads it in the body, the emulator beside it."""
    rest = one(request.getfixturevalue(target), "AWS::ApiGateway::RestApi")

    assert rest["BinaryMediaTypes"] == ["multipart/form-data"]
    assert rest["Body"]["x-amazon-apigateway-binary-media-types"] == rest["BinaryMediaTypes"]


@pytest.mark.synth
def test_api_may_call_both_of_its_functions(aws: Template):
    permissions = [p["Properties"] for p in of_type(aws, "AWS::Lambda::Permission").values()]
    called = {
        named(permission["FunctionName"])
        for permission in permissions
        if permission["Principal"] == "apigateway.amazonaws.com"
    }

    assert {id[:-8] for id in called} == {
        "FunctionsApiFunction",
        "FunctionsStreamFunction",
        "FunctionsAuthorizeFunction",
    }


@pytest.mark.synth
def test_api_is_regional_and_its_stage_is_named(aws: Template):
    assert one(aws, "AWS::ApiGateway::RestApi")["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert one(aws, "AWS::ApiGateway::Stage")["StageName"] == "sluice"


@pytest.mark.parametrize("kind", api.REFUSALS)
def test_refusal_has_the_form_of_all_our_errors(kind: str):
    (text,) = api._templates(api.REFUSALS[kind]).values()

    error = json.loads(text.replace("$context.error.messageString", '"as AWS says"'))["error"]

    assert set(error) == {"code", "message", "type", "param", "retryable", "job_id"}
    assert error["message"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UNAUTHORIZED", "401"),
        ("ACCESS_DENIED", "403"),
        ("MISSING_AUTHENTICATION_TOKEN", "404"),
        ("REQUEST_TOO_LARGE", "413"),
        ("THROTTLED", "429"),
        ("INTEGRATION_TIMEOUT", "504"),
        ("DEFAULT_4XX", None),
        ("DEFAULT_5XX", None),
    ],
)
def test_refusal_has_the_status_that_it_means(kind: str, status: str | None):
    assert api.REFUSALS[kind].status == status


@pytest.mark.synth
def test_both_targets_refuse_alike(aws: Template, local: Template):
    in_body = _body(aws)["x-amazon-apigateway-gateway-responses"]
    resources = [r["Properties"] for r in of_type(local, "AWS::ApiGateway::GatewayResponse").values()]

    assert {r["ResponseType"]: r["ResponseTemplates"] for r in resources} == {
        kind: refusal["responseTemplates"] for kind, refusal in in_body.items()
    }
    assert of_type(aws, "AWS::ApiGateway::GatewayResponse") == {}


@pytest.mark.synth
@pytest.mark.parametrize("target", ["aws", "local"])
def test_changed_refusal_is_deployed(target: str):
    changed = api.REFUSALS | {"UNAUTHORIZED": replace(api.REFUSALS["UNAUTHORIZED"], message="another text")}

    assert _deployment(_api_alone(target, changed)) != _deployment(_api_alone(target, api.REFUSALS))


@pytest.mark.synth
def test_changed_plan_is_no_new_deployment_of_the_api(aws: Template):
    assert _deployment(synth(make_blueprint(plan_hash="sha256:2"))) == _deployment(aws)


def _deployment(template: Template) -> str:
    (id,) = of_type(template, "AWS::ApiGateway::Deployment")
    return id
