"""Small makers of values that tests need; every argument has a sensible default."""

import json
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from gateway.domain.body import read
from gateway.domain.job import Job
from gateway.flow import accept
from gateway.flow.front import Caller
from gateway.flow.ports import Ports
from gateway.plan import Plan
from gateway.protocols.http import HttpResponse
from infra.compile import Source, compile_files
from tests.fakes.clock import Clock
from tests.fakes.files import FakeArtifacts, FakeDestinations, FakeUploads
from tests.fakes.jobs import FakeJobs, FakeLedger, FakeRepeats
from tests.fakes.pools import FakeBell, FakeCircuits, FakeLeases, FakePacers, FakeQueue
from tests.fakes.webhooks import FakeCourier, FakeDeliveries, FakeWebhooks
from tests.fakes.wire import Answer, FakeEgress, FakeSecrets, FakeWire
from tests.fakes.workflow import FakeCallbacks, FakeTokens, FakeWorkflow

ROOT = Path(__file__).parents[1]
CALLER = Caller("acme", "key_1", "pro", ("submit", "read"))


@cache
def catalog() -> dict[str, str]:
    """Return the shipped catalogue's texts: entries, and lists of models below ``models/``."""
    folder = ROOT / "infra/catalog"
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yaml"))}


def providers() -> list[str]:
    """Name the providers of the shipped catalogue."""
    return [name.removesuffix(".yaml") for name in catalog() if "/" not in name]


@cache
def shipped_plan() -> Plan:
    """Compile the shipped files."""
    return plan_of((ROOT / "routes.yaml").read_text(), lists=True)


@cache
def catalog_plan() -> Plan:
    """Compile the whole catalogue, with every provider of it enabled."""
    enabled = "".join(f"  {name}: {{secret: test/{name}}}\n" for name in providers())
    return plan_of("version: 1\n", f"version: 1\nproviders:\n{enabled}", lists=True)


@cache
def plan_of(routes: str, providers: str | None = None, *, lists: bool = False) -> Plan:
    """Compile routes against the shipped providers and catalogue.

    Args:
        lists: with the long lists of models, too, which take a while.
    """
    given = providers or (ROOT / "providers.yaml").read_text()
    known = {name: text for name, text in catalog().items() if lists or "/" not in name}
    compiled = compile_files(Source("routes.yaml", routes), Source("providers.yaml", given), known)
    assert compiled.plan, "\n".join(map(str, compiled.problems))
    return compiled.plan


def hurried(plan: Plan) -> Plan:
    """Make every model quick, as the local target does, so that what answers at once runs inline."""
    models = {name: replace(model, usual_s=min(model.usual_s, 2)) for name, model in plan.models.items()}
    return replace(plan, models=models)


def unpriced(plan: Plan, name: str) -> Plan:
    """Forget what a model costs."""
    models = {**plan.models, name: replace(plan.models[name], prices=())}
    return replace(plan, models=models)


def make_ports(script: dict[str, list[Answer]], plan: Plan | None = None) -> Ports:
    """Make ports over fakes; the wire answers by the script."""
    clock = Clock()
    jobs = FakeJobs()
    queue = FakeQueue()
    return Ports(
        plan=plan or shipped_plan(),
        jobs=jobs,
        repeats=FakeRepeats(jobs),
        ledger=FakeLedger(jobs),
        pacers=FakePacers(queue),
        queue=queue,
        leases=FakeLeases(),
        circuits=FakeCircuits(),
        bell=FakeBell(),
        tokens=FakeTokens(),
        callbacks=FakeCallbacks(),
        secrets=FakeSecrets(),
        artifacts=FakeArtifacts(),
        destinations=FakeDestinations(),
        uploads=FakeUploads(),
        wire=FakeWire(script, clock=clock),
        workflow=FakeWorkflow(),
        egress=FakeEgress(),
        webhooks=FakeWebhooks(),
        deliveries=FakeDeliveries(),
        courier=FakeCourier(),
        now=clock.now,
        sleep=clock.sleep,
        random=lambda count: bytes(range(count)),
        link_secret=lambda: b"a link secret",
    )


def make_job(ports: Ports, model: str = "veo-3.1", **body: Any) -> Job:
    """Accept a request as the API does."""
    given = {"prompt": "a lighthouse in a storm", **body}
    return accept.accept(ports, CALLER, read(given, model), "https://gw.example.com")


def answer(document: Any, status: int = 200, **headers: str) -> HttpResponse:
    """Make a provider's JSON answer."""
    return HttpResponse(status, headers, json.dumps(document).encode())


def a_png(width: int = 64, height: int = 48) -> bytes:
    """Draw a real PNG."""
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def a_wav(seconds: float = 2) -> bytes:
    """Write a real, silent WAV."""
    import wave

    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * round(seconds * 8000)))
    return out.getvalue()


@cache
def a_video(seconds: int = 2, width: int = 320, height: int = 180) -> bytes:
    """Render a real MP4."""
    import av
    from PIL import Image

    out = BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame.from_image(Image.new("RGB", (width, height), "navy"))
        for _ in range(4 * seconds):
            container.mux(stream.encode(frame.reformat()))
        container.mux(stream.encode(None))
    return out.getvalue()


def without_version(job: Job) -> Job:
    """Forget how often a job was written."""
    return replace(job, version=0)
