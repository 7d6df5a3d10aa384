"""What a person should look at: what was lost on the way and made good, and what could not be made good."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.functions import Functions
from infra.resources.queues import RECEIVES, Queues
from infra.resources.webhooks import Webhooks

MINUTE, FIVE_MINUTES = Duration.minutes(1), Duration.minutes(5)


class Alarms(Construct):
    """One alarm for each way in which work gets lost; with an address, they send mail."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Queues,
        functions: Functions,
        machine: sfn.StateMachine,
        batches: sfn.StateMachine,
        api: lambda_.Function,
        sweeper: lambda_.Function,
        webhooks: Webhooks,
        email: str,
    ) -> None:
        super().__init__(scope, id)
        topic = self._topic(email) if email else None
        # They are gone again as soon as the sweeper has read them, so what counts is that it did.
        buried = queues.dead_starts.metric_number_of_messages_received(period=MINUTE, statistic="Sum")
        start = f"starts crashed {RECEIVES} times each; the sweeper's log says what became of their jobs"
        self._alarm("Start", buried, start, topic)
        deaf = queues.deaf_bells.metric_approximate_number_of_messages_visible(
            period=MINUTE, statistic="Maximum"
        )
        pump = (
            f"the pump crashed {RECEIVES} times over a pool; it is woken once a minute; read the dead letters"
        )
        self._alarm("Pump", deaf, pump, topic)
        broken = machine.metric_failed(period=FIVE_MINUTES, statistic="Sum")
        workflow = "an execution broke; its job got one more, and is ended when that breaks, too"
        self._alarm("Workflow", broken, workflow, topic)
        stuck = batches.metric_failed(period=FIVE_MINUTES, statistic="Sum")
        self._alarm("Batches", stuck, "a batch broke; it got one more run, and fails when that breaks", topic)
        for id, step in {"Check": functions.check, "Deliver": functions.deliver}.items():
            broke = step.metric_errors(period=FIVE_MINUTES, statistic="Sum")
            waits = (
                f"{id.lower()} keeps breaking; jobs wait for it until their time is over; its log says why"
            )
            self._alarm(id, broke, waits, topic, periods=3)
        died = api.metric_errors(period=FIVE_MINUTES, statistic="Sum")
        self._alarm("Api", died, "calls died in the middle; the sweeper sees to their jobs", topic)
        unswept = sweeper.metric_errors(period=FIVE_MINUTES, statistic="Sum")
        self._alarm(
            "Sweeper", unswept, "jobs may hang until this is mended; the sweeper's log says why", topic
        )
        # The function writes the number into its log, in CloudWatch's embedded metric format.
        dead = cloudwatch.Metric(
            namespace="Sluice",
            metric_name="DeadReceivers",
            dimensions_map={"FunctionName": webhooks.notify.function_name},
            period=FIVE_MINUTES,
            statistic="Sum",
        )
        receiver = (
            "a registered webhook answered 410, or nothing good in ten tries over 75 hours; its log: Notify"
        )
        self._alarm("Receiver", dead, receiver, topic)
        lost = webhooks.machine.metric_failed(period=FIVE_MINUTES, statistic="Sum")
        courier = "a delivery broke more than a day long; POST /v1/jobs/{id}/redeliver sends it again"
        self._alarm("Courier", lost, courier, topic)

    def _alarm(
        self, id: str, metric: cloudwatch.Metric, about: str, topic: sns.Topic | None, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=0,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=about,
        )
        if topic:
            alarm.add_alarm_action(actions.SnsAction(topic))

    def _topic(self, email: str) -> sns.Topic:
        topic = sns.Topic(self, "Topic", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic
