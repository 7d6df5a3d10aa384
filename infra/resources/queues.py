"""A queue for each pool: it takes bursts, shares fairly between tenants, and bounds the calls in flight.

Starts that no worker could handle come into one queue, whatever their pool: the job says what it was about.
"""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.compile.blueprint import Pool
from infra.resources.place import Place

PUMP_TIMEOUT = Duration.seconds(55)
# A pump that dies at its very end holds its pool for another minute; a bell before that would be passed over.
PUMP_VISIBILITY = Duration.seconds(120)
# Longer than a round of the sweeper, so that it meets each letter once in a round.
DEAD_VISIBILITY = Duration.seconds(90)
RECEIVES = 3  # before a message is dead: a start never retries by itself, so more would only be slower


@dataclass(frozen=True, slots=True)
class Lane:
    """A pool with its queue."""

    pool: Pool
    queue: sqs.Queue


class Queues(Construct):
    """The lanes of all pools, and the bells that wake the pump of a full one."""

    def __init__(
        self, scope: Construct, id: str, *, place: Place, pools: tuple[Pool, ...], visibility: Duration
    ) -> None:
        super().__init__(scope, id)
        self._place = place
        self.dead_starts = self._queue("Starts-dead", DEAD_VISIBILITY)
        self.lanes = tuple(self._lane(pool, visibility) for pool in pools)
        self.deaf_bells = self._queue("Bells-dead")
        letters = sqs.DeadLetterQueue(queue=self.deaf_bells, max_receive_count=RECEIVES)
        self.bells = self._queue("Bells", PUMP_VISIBILITY, letters)

    def _lane(self, pool: Pool, visibility: Duration) -> Lane:
        letters = sqs.DeadLetterQueue(queue=self.dead_starts, max_receive_count=RECEIVES)
        return Lane(pool, self._queue(pool.provider, visibility, letters))

    def _queue(
        self, id: str, visibility: Duration | None = None, letters: sqs.DeadLetterQueue | None = None
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            id,
            visibility_timeout=visibility,
            dead_letter_queue=letters,
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._place.encrypts,
        )
