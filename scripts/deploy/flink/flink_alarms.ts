/**
 * Alarms on what Managed Service for Apache Flink and Kinesis measure: far
 * behind, not running, checkpoints that fail, restarts.
 *
 * @module
 */
import { Fn } from "aws-cdk-lib";
import { CfnAlarm, type CfnAlarmProps } from "aws-cdk-lib/aws-cloudwatch";
import type { CfnApplication } from "aws-cdk-lib/aws-kinesisanalyticsv2";
import type { Construct } from "constructs";
import { alarmTopic } from "../alarm_topic.ts";
import type { FlinkConditions, FlinkParameters } from "./flink_parameters.ts";

/** Restarts in a quarter of an hour: one may be the service's upkeep. */
const RESTARTS_MAX = 2;

/** Seconds that restarts are counted in. */
const RESTARTS_SECONDS = 900;

/** Lag, restarts and the like come once a minute. */
const PERIOD_SECONDS = 60;

/** What the alarms watch. */
export interface FlinkAlarmParts {
  readonly given: FlinkParameters;
  readonly conditions: FlinkConditions;
  readonly application: CfnApplication;
}

interface Growth {
  readonly metricName: string;
  readonly namespace: string;
  readonly dimensions: readonly { name: string; value: string }[];
  readonly seconds: number;
}

/** By how much a count that never falls has grown since the period before. */
function growthOf({ seconds, dimensions, ...metric }: Growth) {
  return [
    { id: "growth", expression: "DIFF(total)", returnData: true },
    {
      id: "total",
      returnData: false,
      metricStat: {
        metric: { ...metric, dimensions: [...dimensions] },
        period: seconds,
        stat: "Maximum",
      },
    },
  ];
}

type AlarmMaker = (
  id: string,
  props: Partial<CfnAlarmProps> & { readonly alarmDescription: string },
) => CfnAlarm;

function lagAlarms(
  alarm: AlarmMaker,
  { given, application }: FlinkAlarmParts,
): CfnAlarm[] {
  const streamName = Fn.select(
    1,
    Fn.split("/", given.job.streamArn.valueAsString),
  );
  const lag = {
    period: PERIOD_SECONDS,
    evaluationPeriods: 5,
    statistic: "Maximum",
    threshold: given.watch.lagMs.valueAsNumber,
  };
  return [
    alarm("LagAlarm", {
      ...lag,
      alarmDescription: "Flink's source says that it is far behind",
      namespace: "AWS/KinesisAnalytics",
      metricName: "millisBehindLatest",
      dimensions: [
        { name: "Id", value: streamName },
        { name: "Application", value: application.ref },
        { name: "Flow", value: "Input" },
      ],
    }),
    alarm("IteratorAgeAlarm", {
      ...lag,
      alarmDescription: "Somebody polls the stream far behind its tip",
      namespace: "AWS/Kinesis",
      metricName: "GetRecords.IteratorAgeMilliseconds",
      dimensions: [{ name: "StreamName", value: streamName }],
    }),
  ];
}

/** Makes topic and alarms. */
export function flinkAlarms(
  scope: Construct,
  parts: FlinkAlarmParts,
): CfnAlarm[] {
  const { given, conditions, application } = parts;
  const topic = alarmTopic(scope, given.watch.email, conditions.hasEmail);
  const alarm: AlarmMaker = (id, props) =>
    new CfnAlarm(scope, id, {
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
      alarmActions: [topic.ref],
      okActions: [topic.ref],
      ...props,
    });
  const ofApplication = {
    namespace: "AWS/KinesisAnalytics",
    dimensions: [{ name: "Application", value: application.ref }],
  };
  return [
    ...lagAlarms(alarm, parts),
    alarm("DownAlarm", {
      ...ofApplication,
      alarmDescription:
        "The job does not run: not started yet, stopped, or failing without end",
      metricName: "uptime",
      statistic: "Maximum",
      period: PERIOD_SECONDS,
      evaluationPeriods: 5,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      treatMissingData: "breaching",
    }),
    alarm("CheckpointAlarm", {
      alarmDescription: "Checkpoints fail again and again",
      metrics: growthOf({
        ...ofApplication,
        metricName: "numberOfFailedCheckpoints",
        seconds: PERIOD_SECONDS,
      }),
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
    }),
    alarm("RestartsAlarm", {
      alarmDescription: "The job was restarted again and again",
      metrics: growthOf({
        ...ofApplication,
        // Flink 2 has no other.
        metricName: Fn.conditionIf(
          conditions.isFlink1.logicalId,
          "fullRestarts",
          "numRestarts",
        ).toString(),
        seconds: RESTARTS_SECONDS,
      }),
      threshold: RESTARTS_MAX,
    }),
  ];
}
