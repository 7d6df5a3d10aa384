"""The API: a REST API from one OpenAPI body of fixed paths, of the same size for any number of models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.resources.acknowledge import acknowledge
from infra.resources.place import Place

Operation = dict[str, Any]
Integration = dict[str, Any]

STAGE = "sluice"
# One by one, because the emulator does not read ``x-amazon-apigateway-any-method``.
METHODS = ("get", "post", "put", "patch", "delete")
KEYED: Operation = {"security": [{"key": []}]}
# Where else Segmind's SDK calls; its files, flows, lists and account have hosts of their own there.
SEGMIND = (
    "/v2/{proxy+}",
    "/upload-asset",
    "/inference-request/{proxy+}",
    "/inference-model-information/list",
    "/api/auth/authenticate",
    "/webhook/{proxy+}",
    "/workflows/{proxy+}",
    "/finetune/request/{proxy+}",
)
# Forms with files in them are not read as text, and answers that are files leave as bytes for every client,
# also for one that accepts anything. The price is that all bodies reach the functions in base64.
# Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html, read
# 2026-11-25.
BINARY = ["*/*"]
# API Gateway's own limit for streams is 15 minutes; the function ends its connections long before.
LONGEST_STREAM_MS = 300_000
# What the stream function serves, besides the events of jobs.
STREAMED = (
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/audio/speech",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What API Gateway answers by itself, in our form. Without a message, its own text is passed on."""

    status: str | None
    code: str
    type: str
    message: str = ""
    retryable: bool = False


REFUSALS = {
    "UNAUTHORIZED": Refusal(
        "401",
        "invalid_key",
        "authentication_error",
        "no known key in 'Authorization: Bearer ...' or 'x-api-key'. "
        "Check that it is complete, not revoked, and made for this gateway.",
    ),
    "ACCESS_DENIED": Refusal(
        "403",
        "not_allowed",
        "permission_error",
        "this key may not make this call. Ask for a key with the scope that it needs.",
    ),
    # API Gateway's name for a path or method that the API does not have.
    "MISSING_AUTHENTICATION_TOKEN": Refusal(
        "404",
        "path_not_found",
        "invalid_request_error",
        "no such path. Calls start with /v1/, and /openapi.json lists them.",
    ),
    "THROTTLED": Refusal(
        "429",
        "rate_limited",
        "rate_limit_error",
        "more calls than this deployment takes at once. Try again in a moment.",
        retryable=True,
    ),
    "REQUEST_TOO_LARGE": Refusal(
        "413",
        "body_too_large",
        "invalid_request_error",
        "the body is too large. Send files with POST /v1/uploads and give their references, or give URLs.",
    ),
    "INTEGRATION_TIMEOUT": Refusal(
        "504",
        "timeout",
        "server_error",
        "no answer in time; what was started goes on. Look it up under /v1/jobs, "
        "or repeat the call with the same Idempotency-Key.",
        retryable=True,
    ),
    "DEFAULT_4XX": Refusal(None, "invalid_request", "invalid_request_error"),
    "DEFAULT_5XX": Refusal(
        None,
        "internal_error",
        "server_error",
        "the gateway failed to answer. Repeat the call with the same Idempotency-Key.",
        retryable=True,
    ),
}


class Api(Construct):
    """The regional REST API in front of the api function and of the one that streams."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        handler: lambda_.Function,
        stream: lambda_.Function,
        authorizer: lambda_.Function,
        refusals: Mapping[str, Refusal] = REFUSALS,
    ) -> None:
        super().__init__(scope, id)
        live = _live(stream) if place.streams else _integration(stream)
        body = _body(handler, live, authorizer)
        if place.imports_refusals:
            body["x-amazon-apigateway-gateway-responses"] = {
                kind: _refusal(refusal) for kind, refusal in refusals.items()
            }
        self.rest = apigateway.SpecRestApi(
            self,
            "Rest",
            rest_api_name=Stack.of(self).stack_name,
            api_definition=apigateway.ApiDefinition.from_inline(body),
            # The emulator reads it here, AWS also in the body, which is what is deployed anew.
            binary_media_types=BINARY,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(stage_name=STAGE),
            cloud_watch_role=False,
        )
        self.rest.node.try_remove_child(
            "Endpoint"
        )  # CDK's own output of the address; the stack has a better name
        if not place.imports_refusals:
            self._refuse(refusals)
        caller = iam.ServicePrincipal("apigateway.amazonaws.com")
        for function in (handler, stream):
            function.add_permission("Api", principal=caller, source_arn=self.rest.arn_for_execute_api())
        authorizers = Stack.of(self).format_arn(
            service="execute-api", resource=self.rest.rest_api_id, resource_name="authorizers/*"
        )
        authorizer.add_permission("Api", principal=caller, source_arn=authorizers)
        self._acknowledge()

    def _refuse(self, refusals: Mapping[str, Refusal]) -> None:
        """Add the refusals as resources; not on AWS, where the next change of the body would undo them."""
        for kind, refusal in refusals.items():
            self.rest.add_gateway_response(
                kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(kind),
                status_code=refusal.status,
                templates=_templates(refusal),
            )

    def _acknowledge(self) -> None:
        stage = self.rest.deployment_stage
        acknowledge(
            stage,
            "a stage logs by a role of the whole account and region, which is its owner's to set; "
            "the api function logs every call",
            "APIG1",
            "APIG6",
        )
        acknowledge(stage, "a web ACL has a monthly price; attach the one that your account has", "APIG3")
        acknowledge(self.rest, "bodies are checked by the function, against the plan's parameters", "APIG2")


def _body(handler: lambda_.Function, live: Integration, authorizer: lambda_.Function) -> dict[str, Any]:
    """Write the API as API Gateway reads it; what callers read is ``openapi.public_document``."""
    whole = _integration(handler)
    open_to_all = {"get": _operation(whole)}
    return {
        "openapi": "3.0.1",
        "info": {"title": "sluice", "version": "1"},
        "paths": {
            "/health": open_to_all,
            "/openapi.json": open_to_all,
            # The link itself is signed.
            "/v1/files/{id}": {"get": _operation(whole, "id")},
            # So is a provider's address to call at.
            "/v1/callbacks/{id}": {"post": _operation(whole, "id")},
            "/v1/jobs/{id}/events": {"get": _operation(live, "id") | KEYED},
            **{path: {"post": _operation(live) | KEYED} for path in STREAMED},
            "/v1/{proxy+}": _behind(whole, "/v1/{proxy+}"),
            **{path: _behind(whole, path) for path in SEGMIND},
        },
        "components": {"securitySchemes": {"key": _authorizer(authorizer)}},
        "x-amazon-apigateway-binary-media-types": BINARY,
    }


def _behind(integration: Integration, path: str) -> dict[str, Operation]:
    """Write a path that wants a key, with all that follows it where it ends so."""
    parameter = "proxy" if path.endswith("{proxy+}") else ""
    return {method: _operation(integration, parameter) | KEYED for method in METHODS}


def _operation(integration: Integration, parameter: str = "") -> Operation:
    named = {"name": parameter, "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "parameters": [named] if parameter else [],
        "responses": {},
        "x-amazon-apigateway-integration": integration,
    }


def _integration(function: lambda_.Function) -> Integration:
    """Write how a function is called that answers in one piece."""
    return {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": _invocation(function),
        "passthroughBehavior": "when_no_match",
    }


def _live(function: lambda_.Function) -> Integration:
    """Write how a function is called whose answer is passed on while it is made.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html, read
    2026-11-23.
    """
    return _integration(function) | {
        "uri": _invocation(function, "2021-11-15", "response-streaming-invocations"),
        "responseTransferMode": "STREAM",
        "timeoutInMillis": LONGEST_STREAM_MS,
    }


def _authorizer(function: lambda_.Function) -> dict[str, Any]:
    """Write the authorizer: a key may be in either of two headers, so no header can be the cache's key.

    Without an identity source every call reaches the function, also one with no key, which it answers with
    "Unauthorized". Nothing is cached, so a revoked key is dead at once.
    """
    return {
        "type": "apiKey",
        "name": "Unused",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "authorizerUri": _invocation(function),
            "authorizerResultTtlInSeconds": 0,
        },
    }


def _invocation(function: lambda_.Function, since: str = "2015-03-31", how: str = "invocations") -> str:
    stack = Stack.of(function)
    path = f"path/{since}/functions/{function.function_arn}/{how}"
    return f"arn:{stack.partition}:apigateway:{stack.region}:lambda:{path}"


def _refusal(refusal: Refusal) -> dict[str, Any]:
    status = {"statusCode": refusal.status} if refusal.status else {}
    return {**status, "responseTemplates": _templates(refusal)}


def _templates(refusal: Refusal) -> dict[str, str]:
    """Write the body of a refusal; ``$context.error.messageString`` brings its own quotes."""
    error = {
        "code": refusal.code,
        "message": refusal.message or "$context.error.messageString",
        "type": refusal.type,
        "param": None,
        "retryable": refusal.retryable,
        "job_id": None,
    }
    text = json.dumps({"error": error}).replace(
        '"$context.error.messageString"', "$context.error.messageString"
    )
    return {"application/json": text}
