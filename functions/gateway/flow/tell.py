"""Tell receivers how a job ended: the one place through which every end goes.

Rule: an end that somebody is to be told of is written with a mark, which goes when all deliveries are on
their way. Who dies in between leaves the mark, and the sweeper finds it: no delivery is lost or begun twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.domain import receiver
from gateway.domain.job import Job
from gateway.domain.receiver import URL, Delivery, delivery_id
from gateway.errors import Clash, Conflict, NotFound
from gateway.flow.ports import Ports
from gateway.plan import DIRECT

# A function that sets deliveries going does so within seconds; after this one it is gone.
LEFT_S = 60


def end(ports: Ports, job: Job, write: Callable[[Job], Job]) -> Job:
    """Write a job's end and set the deliveries going; what fails of that is left to the sweeper.

    Args:
        write: stores the job as ended; it may refuse to.
    """
    try:
        told = receivers(ports, job)
    except Exception:
        told = None  # not known, so the mark stays for the sweeper
    if told == ():
        return write(job)
    marked = write(replace(job, untold=True, sweep_at=ports.now() + LEFT_S))
    try:
        return marked if told is None else _set_going(ports, marked, told)
    except Exception:  # the job has ended well, whatever becomes of its webhooks
        return marked


def catch_up(ports: Ports, job: Job) -> Job:
    """Set the deliveries of an ended job going that nobody has."""
    return _set_going(ports, job, receivers(ports, job)) if job.untold else job


def receivers(ports: Ports, job: Job) -> tuple[str, ...]:
    """Name who is to be told of an ended job; of one that was answered within its call, nobody."""
    if job.operation in DIRECT:
        return ()
    own = (URL,) if job.webhook_url else ()
    registered = (each.id for each in ports.webhooks.of(job.tenant) if each.wants(event_of(job), job.key_id))
    return (*own, *registered)


def event_of(job: Job) -> str:
    """Name a job's end."""
    return f"job.{job.status}"


def again(
    ports: Ports, tenant: str, job_id: str, webhook: str, take: Callable[[str], str] = str
) -> list[Delivery]:
    """Tell a job's receivers once more, or one of them.

    Args:
        take: turns this instant into that at which the same call came before.

    Raises:
        NotFound: the tenant has no such job or webhook.
        Clash: the job has not ended, or there is nobody to tell.
    """
    job = ports.jobs.get(tenant, job_id)
    if job is None:
        raise NotFound(f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id")
    if not job.ended:
        told = f"job {job.id} is {job.status}; its webhooks are told when it has ended."
        raise Clash(told, code="not_ended", job_id=job.id)
    wanted = _wanted(ports, job, webhook)
    since = float(take(repr(ports.now())))
    before = ports.deliveries.of_job(tenant, job.id)
    return [
        _begin_again(ports, job, each, [d for d in before if d.webhook == each], since) for each in wanted
    ]


def _set_going(ports: Ports, job: Job, told: tuple[str, ...]) -> Job:
    for webhook in told:
        ports.courier.start(job.tenant, job.id, webhook, delivery_id(job.id, webhook))
    try:
        return ports.jobs.save(replace(job, untold=False))
    except Conflict:  # somebody else did the same
        return job


def _wanted(ports: Ports, job: Job, webhook: str) -> tuple[str, ...]:
    if not webhook:
        if told := receivers(ports, job):
            return told
        nobody = f"job {job.id} named no webhook_url, and no registered webhook wants {event_of(job)!r}."
        raise Clash(nobody, code="no_receiver", job_id=job.id)
    found = ports.webhooks.get(job.tenant, webhook)
    if found is None:
        raise NotFound(f"no webhook {webhook[:40]!r} here.", code="webhook_not_found", param="webhook_id")
    if found.disabled_at is not None:
        off = f'webhook {found.id} is turned off; PATCH it with {{"enabled": true}} first.'
        raise Clash(off, code="webhook_disabled", param="webhook_id")
    return (found.id,)


def _begin_again(ports: Ports, job: Job, webhook: str, before: Sequence[Delivery], since: float) -> Delivery:
    """Begin the next run of a delivery, or the one that was begun since or has not been tried."""
    first = delivery_id(job.id, webhook)
    runs = (each for each in before if each.id != first)
    waiting = (each for each in runs if each.created_at > since or not (each.tries or each.over))
    delivery = next(waiting, None) or _numbered(ports, job, webhook, len(before))
    ports.courier.start(job.tenant, job.id, webhook, delivery.id)
    return delivery


def _numbered(ports: Ports, job: Job, webhook: str, runs: int) -> Delivery:
    """Write a new run down under the first number that is free."""
    while True:
        runs += 1
        delivery = _new(ports, job, webhook, delivery_id(job.id, webhook, max(2, runs)))
        try:
            ports.deliveries.create(delivery)
        except Conflict:
            continue
        return delivery


def _new(ports: Ports, job: Job, webhook: str, name: str) -> Delivery:
    return receiver.Delivery(job.tenant, name, job.id, webhook, event_of(job), ports.now())
