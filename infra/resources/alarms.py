"""What a person should look at: letters that no worker could handle, and executions that broke."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.queues import RECEIVES, Queues


class Alarms(Construct):
    """An alarm for each pool and one for the workflow; with an address, they send mail."""

    def __init__(
        self, scope: Construct, id: str, *, queues: Queues, machine: sfn.StateMachine, email: str
    ) -> None:
        super().__init__(scope, id)
        topic = self._topic(email) if email else None
        for lane in queues.lanes:
            about = f"starts at {lane.pool.provider} crashed {RECEIVES} times each; read the dead letters"
            self._alarm(lane.pool.provider, _letters(lane.dead), about, topic)
        deaf = f"the pump crashed {RECEIVES} times over a pool; its queue waits for the next job to wake it"
        self._alarm("Pump", _letters(queues.deaf_bells), deaf, topic)
        broken = machine.metric_failed(period=Duration.minutes(5), statistic="Sum")
        self._alarm("Workflow", broken, "an execution broke; look at it, then redrive it", topic)

    def _alarm(self, id: str, metric: cloudwatch.Metric, about: str, topic: sns.Topic | None) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=0,
            evaluation_periods=1,
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


def _letters(dead: sqs.Queue) -> cloudwatch.Metric:
    return dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum")
