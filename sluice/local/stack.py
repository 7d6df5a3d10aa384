"""The local stack as one thing: `up` brings it to what the files say, `down` ends it, and nothing lives on.

For tests::

    with running(Setup(folder=yaml_dir, state=tmp_path / "state")) as stack:
        httpx.post(f"{stack.base_url}/v1/jobs", headers={"authorization": f"Bearer {stack.api_key}"}, ...)
"""

import http.client
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gateway.plan
from gateway.plan import Plan
from sluice import config
from sluice.aws import REGION, Cloud
from sluice.console import Quiet, Report
from sluice.errors import Refused
from sluice.local import deploy, interrupt, program, seed
from sluice.local import state as states
from sluice.local.credential import credentials_of
from sluice.local.port import HOST, free_port, holder, is_free
from sluice.local.program import Program
from sluice.local.service import Services
from sluice.local.state import State
from sluice.root import CDK, EMULATOR_PYTHON, ROOT

DEFAULT_STATE = ROOT / ".sluice"
_SERVICES = ("edge", "sandbox", "emulator")


@dataclass(frozen=True, slots=True)
class Setup:
    """What `up` shall bring up.

    Args:
        folder: where routes.yaml and providers.yaml are.
        state: where everything about this stack is kept; two stacks need two.
        port: of the edge; 0 takes any.
        live: providers to use for real, with keys from the environment.
        endpoint_url: an emulator that runs already; empty starts our own.
        emulator: further settings of our own emulator, such as ``SFN_WAIT_SCALE``.
        render_scale: multiplies the time that the sandbox's jobs take.
    """

    folder: Path
    state: Path = DEFAULT_STATE
    port: int = 0
    live: frozenset[str] = frozenset()
    stack: str = "sluice"
    endpoint_url: str = ""
    emulator: Mapping[str, str] = field(default_factory=dict)
    render_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that runs.

    Args:
        keys: tier (or ``admin``) -> key.
        outputs: of the CloudFormation stack.
    """

    base_url: str
    api_key: str
    admin_key: str
    keys: dict[str, str]
    sandbox_url: str
    endpoint_url: str
    outputs: dict[str, str]
    state: Path
    plan: Plan

    @property
    def cloud(self) -> Cloud:
        """Return where its AWS is."""
        return Cloud(self.endpoint_url)

    def environment(self) -> dict[str, str]:
        """Return what local.env holds."""
        return {
            "SLUICE_BASE_URL": self.base_url,
            "SLUICE_API_KEY": self.api_key,
            **{f"SLUICE_API_KEY_{tier.upper().replace('-', '_')}": key for tier, key in self._tier_keys()},
            "SLUICE_ADMIN_KEY": self.admin_key,
            "SLUICE_SANDBOX_URL": self.sandbox_url,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def _tier_keys(self) -> list[tuple[str, str]]:
        return [(tier, key) for tier, key in self.keys.items() if tier != seed.ADMIN]


def up(setup: Setup, report: Report | None = None) -> Stack:
    """Start what does not run, deploy what has changed, and leave it running.

    Raises:
        Refused: something is missing or failed; whatever this call started is stopped again.
        KeyboardInterrupt: Ctrl-C, or a signal to end; likewise.
    """
    report = report or Quiet()
    with states.locked(setup.state), interrupt.interrupting():
        _check_tools(setup)
        with report.step("Compile routes.yaml and providers.yaml"):
            plan, found = config.read_sound(setup.folder)
            credentials = credentials_of(plan.providers, setup.live, found.variables, os.environ)
        services = Services(setup.state, states.load(setup.state))
        port = _edge_port(setup, services.state)
        try:
            return _bring_up(setup, plan, credentials, services, port, report)
        except BaseException:
            with interrupt.ignored():
                services.stop_begun()
            raise


def down(state: Path = DEFAULT_STATE, *, purge: bool = False) -> list[str]:
    """Stop exactly what `up` started; the names of what still ran.

    Args:
        purge: also remove logs and everything else that was kept.
    """
    if not state.is_dir():
        return []
    with states.locked(state), interrupt.ignored():
        services = Services(state, states.load(state))
        stopped = [name for name in _SERVICES if services.stop(name)]
        for name in ("state.json", "local.env", "outputs.json"):
            (state / name).unlink(missing_ok=True)
        for folder in ("data", *(("logs", "cdk.out", "build") if purge else ())):
            shutil.rmtree(state / folder, ignore_errors=True)
    return stopped


@contextmanager
def running(setup: Setup, report: Report | None = None) -> Iterator[Stack]:
    """Bring a stack up, and down again at the end; its logs stay."""
    try:
        yield up(setup, report)
    finally:
        down(setup.state)


def _bring_up(
    setup: Setup, plan: Plan, credentials: Mapping[str, str], services: Services, port: int, report: Report
) -> Stack:
    state = services.state
    with report.step("Start the emulator and the sandbox"):
        endpoint_url, sandbox_url = _start(setup, services)
    base_url = f"http://localhost:{port}"
    cloud = Cloud(endpoint_url)
    deployment = deploy.Deployment(
        setup.stack, endpoint_url, _context(setup, sandbox_url, base_url), setup.state.resolve()
    )
    with report.step("Deploy") as step:
        step.text = _deploy(deployment, gateway.plan.dump(plan), cloud, state, setup.state)
    with report.step("Give keys to providers and callers"):
        seed.put_secrets(cloud.client("secretsmanager"), plan, credentials)
        state.keys = seed.make_keys(cloud.keys(state.outputs["KeysTable"]), plan.tiers, state.keys)
    with report.step(f"Serve {base_url}"):
        upstream = deploy.upstream_of(endpoint_url, state.outputs["ApiUrl"])
        edge = program.edge(upstream, deploy.live_of(deployment, state.outputs, state.deployed))
        services.begin(edge, port)
        services.wait(edge)
        _try(port, seed.usual(state.keys), services)
    state.base_url, state.endpoint_url, state.stack = base_url, endpoint_url, setup.stack
    states.save(setup.state, state)
    stack = Stack(
        base_url,
        seed.usual(state.keys),
        state.keys[seed.ADMIN],
        state.keys,
        sandbox_url,
        endpoint_url,
        state.outputs,
        setup.state,
        plan,
    )
    lines = [f"{name}={value}\n" for name, value in stack.environment().items()]
    states.write_private(setup.state / "local.env", "".join(lines))
    return stack


def _try(port: int, key: str, services: Services) -> None:
    """Ask for the models once: the whole way works, and the functions are warm for the first real call."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {key}"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Refused(f"the edge does not answer: {error}.", log=services.log("edge")) from None
    finally:
        connection.close()
    if status != http.client.OK:
        raise Refused(
            f"the deployed gateway answers {status} to GET /v1/models.", log=services.log("emulator")
        )


def _start(setup: Setup, services: Services) -> tuple[str, str]:
    sandbox = program.sandbox(setup.render_scale)
    ours = _own_emulator(setup, services.state)
    if ours and services.begin(ours):
        _forget(services.state)
    services.begin(sandbox)
    endpoint_url = services.wait(ours) if ours else _answering(setup.endpoint_url)
    return endpoint_url, services.wait(sandbox)


def _answering(endpoint_url: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        Cloud(endpoint_url).client("sts").get_caller_identity()
    except (BotoCoreError, ClientError, ValueError) as error:
        raise Refused(
            f"AWS_ENDPOINT_URL names an emulator at {endpoint_url}, which does not answer "
            f"({type(error).__name__}). Start it, or `unset AWS_ENDPOINT_URL` to use our own."
        ) from None
    return endpoint_url


def _own_emulator(setup: Setup, state: State) -> Program | None:
    running = state.services.get("emulator")
    # local.env names our own emulator, and may have been read into the environment of this command.
    foreign = setup.endpoint_url and not (running and setup.endpoint_url.endswith(f":{running.port}"))
    if foreign:
        return None
    data = setup.state.resolve() / "data"
    for folder in ("tmp", "home"):
        (data / folder).mkdir(parents=True, exist_ok=True)
    return program.emulator(data, setup.emulator)


def _deploy(deployment: deploy.Deployment, plan: bytes, cloud: Cloud, state: State, folder: Path) -> str:
    made_from = deploy.fingerprint(deployment, plan)
    if state.deployed == made_from and deploy.is_deployed(cloud.client("cloudformation"), deployment.stack):
        return "Deploy: nothing has changed"
    state.deployed = ""
    states.save(folder, state)
    deploy.make_bucket(cloud.client("s3"))
    state.outputs = deploy.deploy(deployment)
    state.deployed, state.context = made_from, dict(deployment.context)
    states.save(folder, state)
    return "Deploy"


def _context(setup: Setup, sandbox_url: str, base_url: str) -> dict[str, str]:
    return {
        "target": "local",
        "dir": str(setup.folder.resolve()),
        "stack": setup.stack,
        "sandbox_url": sandbox_url,
        "public_url": base_url,
        "live": ",".join(sorted(setup.live)),
    }


def _forget(state: State) -> None:
    """Drop what was true of an emulator that is no more."""
    state.deployed, state.outputs, state.keys = "", {}, {}


def _edge_port(setup: Setup, state: State) -> int:
    edge = state.services.get("edge")
    ours = edge.port if edge and states.is_alive(edge) else None
    if setup.port == 0:
        return ours or free_port()
    if setup.port != ours and not is_free(setup.port):
        who = holder(setup.port)
        raise Refused(
            f"port {setup.port} is in use{f' by {who}' if who else ''}. Choose another: "
            f"`make up PORT={setup.port + 1}` (or `sluice up --port {setup.port + 1}`)."
        )
    return setup.port


def _check_tools(setup: Setup) -> None:
    needed = [CDK] if setup.endpoint_url else [CDK, EMULATOR_PYTHON]
    for tool in needed:
        if not tool.exists():
            raise Refused(f"{tool} is not installed. Run `make setup` in {ROOT}.")
