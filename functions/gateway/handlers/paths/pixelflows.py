"""What Segmind's SDK asks of its PixelFlows and its training.

A flow's name is a model's here: a route of that name answers for it. Nothing is trained here.
"""

from gateway.domain import segmind
from gateway.errors import NotFound
from gateway.handlers._call import Event, Reply, Route, base_url
from gateway.handlers._reply import reply
from gateway.handlers.paths.segmind import found, made, queued, told


@told
def _run(event: Event, name: str) -> Reply:
    job, headers = queued(event, name)
    return reply(200, segmind.flow_begun(job, base_url(event)), {**headers, "x-sluice-job": job.id})


@told
def _look(event: Event, request_id: str) -> Reply:
    """Tell how a flow stands, with a 200 also where it failed: the SDK reads why from the body."""
    job = found(event, request_id)
    return reply(200, segmind.flow(job, made(event, job)))


@told
def _train(event: Event, call: str) -> Reply:
    raise NotFound(
        f"finetune {call[:40]!r}: models are not trained here. Train at a provider, and name the model that "
        "it gives you as a target in routes.yaml.",
        code="path_not_found",
    )


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/workflows/request/{id}"): _look,
    ("POST", "/workflows/{name}"): _run,
    **{(method, "/finetune/request/{name}"): _train for method in ("GET", "POST", "PUT")},
}
