"""What is kept: nine tables, the artifacts, the secret that signs links, the key that seals other keys."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.resources.acknowledge import acknowledge
from infra.resources.place import Place

# Files that callers bring can be referred to for a day, and a job that does so may wait for another.
INPUT_DAYS = 2


class Storage(Construct):
    """The stateful part of the stack. Ids here must not change: a new id is a new, empty table."""

    def __init__(self, scope: Construct, id: str, *, place: Place, retention_days: tuple[int, ...]) -> None:
        super().__init__(scope, id)
        keep = place.keeps
        self.jobs = _table(self, "Jobs", "tenant", "job", keep=keep, ttl="expires")
        _index_open(self.jobs)
        self.keys = _table(self, "Keys", "hash", keep=keep, protect=place.protects)
        self.usage = _table(self, "Usage", "tenant", "entry", keep=keep, protect=place.protects)
        # A pacer is a clock that is right again a minute after it is lost: nothing to recover or retain.
        self.pacers = _table(self, "Pacers", "pool", keep=RemovalPolicy.DESTROY, recover=False)
        # Who waits is in the executions that wait, too; a job's own end is its deadline.
        self.waiting = _table(self, "Waiting", "pool", "place", keep=RemovalPolicy.DESTROY, recover=False)
        # A call is told from its repeats for a day, and may be taken for a new one after a loss.
        self.repeats = _table(
            self, "Repeats", "hash", keep=RemovalPolicy.DESTROY, ttl="expires", recover=False
        )
        # Who is told of jobs' ends, and the state of signing secrets, which themselves are nowhere.
        self.webhooks = _table(self, "Webhooks", "tenant", "item", keep=keep)
        # What was told, for a month: an execution that goes on without its record only begins to count anew.
        self.deliveries = _table(
            self,
            "Deliveries",
            "tenant",
            "delivery",
            keep=RemovalPolicy.DESTROY,
            ttl="expires",
            recover=False,
        )
        self.deliveries.add_global_secondary_index(
            index_name="webhook",
            partition_key=dynamodb.Attribute(name="webhook", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="created_at", type=dynamodb.AttributeType.NUMBER),
        )
        self.destinations = _table(self, "Destinations", "tenant", "name", keep=keep, protect=place.protects)
        # Batches under their tenant's name, the parts of one under its own: each is read without the other.
        self.batches = _table(self, "Batches", "owner", "name", keep=keep, ttl="expires")
        _index_open(self.batches)
        self.artifacts = _bucket(self, "Artifacts", place, retention_days)
        self.link_secret_arn = _link_secret(self, "LinkSecret")
        self.byok_key = kms.Key(
            self,
            "ByokKey",
            description="Seals the provider keys that customers bring, with tenant and provider as context",
            enable_key_rotation=True,
            removal_policy=keep,
        )


def _table(
    scope: Construct,
    id: str,
    partition: str,
    sort: str | None = None,
    *,
    keep: RemovalPolicy,
    ttl: str | None = None,
    protect: bool = False,
    recover: bool = True,
) -> dynamodb.TableV2:
    """Make an on-demand table; V2, because it can get replicas in other regions without being replaced."""
    text = dynamodb.AttributeType.STRING
    return dynamodb.TableV2(
        scope,
        id,
        partition_key=dynamodb.Attribute(name=partition, type=text),
        sort_key=dynamodb.Attribute(name=sort, type=text) if sort else None,
        time_to_live_attribute=ttl,
        removal_policy=keep,
        deletion_protection=protect,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=recover
        ),
    )


def _index_open(table: dynamodb.TableV2) -> None:
    """Find what has not ended, for the sweeper. One partition: good for two hundred jobs a second."""
    table.add_global_secondary_index(
        index_name="open",
        partition_key=dynamodb.Attribute(name="open", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="sweep_at", type=dynamodb.AttributeType.NUMBER),
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )


def _bucket(scope: Construct, id: str, place: Place, retention_days: tuple[int, ...]) -> s3.Bucket:
    """Make the bucket; files live a day longer than their links, because S3 counts whole days."""
    bucket = s3.Bucket(
        scope,
        id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=place.encrypts,
        minimum_tls_version=1.2 if place.encrypts else None,
        removal_policy=place.keeps,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="abandoned-uploads", abort_incomplete_multipart_upload_after=Duration.days(1)
            ),
            *(
                s3.LifecycleRule(id=f"r{days}", prefix=f"r{days}/", expiration=Duration.days(days + 1))
                for days in sorted(set(retention_days))
            ),
            *(
                s3.LifecycleRule(id=name, prefix=f"{name}/", expiration=Duration.days(INPUT_DAYS))
                for name in ("uploads", "inputs", "batches")
            ),
        ],
        # A page may send a file by a form that its own server asked for; the form is the permission.
        cors=[s3.CorsRule(allowed_methods=[s3.HttpMethods.POST], allowed_origins=["*"], max_age=3600)],
    )
    acknowledge(bucket, "files are handed out by the api function, which logs every hand-out", "S1")
    return bucket


def _link_secret(scope: Construct, id: str) -> str:
    """Make the secret and return its ARN; not by ``Ref``, which is only the name on the emulator."""
    secret = secretsmanager.Secret(
        scope,
        id,
        description="Signs links to files",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            password_length=64, exclude_punctuation=True
        ),
    )
    acknowledge(secret, "rotating on a schedule would break every link that is still valid", "SMG4")
    resource = secret.node.default_child
    if not isinstance(resource, secretsmanager.CfnSecret):
        raise TypeError(f"a secret is made of {type(resource).__name__}")
    return resource.attr_id
