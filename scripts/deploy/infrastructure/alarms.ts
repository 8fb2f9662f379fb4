/**
 * Alarms: far behind, a watermark that stands still, old checkpoints or no
 * metrics at all, dead letters, restarts.
 *
 * @module
 */
import { Aws } from "aws-cdk-lib";
import { CfnAlarm, type CfnAlarmProps } from "aws-cdk-lib/aws-cloudwatch";
import type { CfnStream } from "aws-cdk-lib/aws-kinesis";
import type { CfnTopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { alarmTopic } from "../alarm_topic.ts";
import type { Conditions, Parameters } from "./parameters.ts";

/** Age of the last good checkpoint that is an alarm; they come each 5 s. */
const CHECKPOINT_AGE_SECONDS_MAX = 120;

/** Starts in a quarter of an hour: one is an update. */
const STARTS_MAX = 3;

/** Kinesis has milliseconds, the parameter seconds: one is made of the other. */
function iteratorAgeAlarm(
  scope: Construct,
  { given, stream }: AlarmParts,
  topic: CfnTopic,
): CfnAlarm {
  return new CfnAlarm(scope, "IteratorAgeAlarm", {
    alarmDescription: "Somebody polls the stream far behind its tip",
    metrics: [
      {
        id: "seconds",
        expression: "age / 1000",
        label: "iterator age, seconds",
        returnData: true,
      },
      {
        id: "age",
        returnData: false,
        metricStat: {
          metric: {
            namespace: "AWS/Kinesis",
            metricName: "GetRecords.IteratorAgeMilliseconds",
            dimensions: [{ name: "StreamName", value: stream.ref }],
          },
          period: 60,
          stat: "Maximum",
        },
      },
    ],
    evaluationPeriods: 5,
    comparisonOperator: "GreaterThanThreshold",
    threshold: given.watch.lag.valueAsNumber,
    treatMissingData: "notBreaching",
    alarmActions: [topic.ref],
    okActions: [topic.ref],
  });
}

/** What the alarms watch. */
export interface AlarmParts {
  readonly given: Parameters;
  readonly conditions: Conditions;
  readonly stream: CfnStream;
}

/** Makes topic and alarms. */
export function alarms(scope: Construct, parts: AlarmParts): CfnAlarm[] {
  const { given, conditions } = parts;
  const topic = alarmTopic(scope, given.watch.email, conditions.hasEmail);
  const alarm = (
    id: string,
    props: Omit<CfnAlarmProps, "evaluationPeriods" | "comparisonOperator"> & {
      readonly minutes: number;
    },
  ) => {
    const { minutes, ...rest } = props;
    return new CfnAlarm(scope, id, {
      period: 60,
      evaluationPeriods: minutes,
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "notBreaching",
      alarmActions: [topic.ref],
      okActions: [topic.ref],
      namespace: "Flagdrop",
      dimensions: [{ name: "Name", value: Aws.STACK_NAME }],
      ...rest,
    });
  };
  return [
    iteratorAgeAlarm(scope, parts, topic),
    alarm("LagAlarm", {
      alarmDescription:
        "The engine says that it is far behind, by polling or fan-out",
      metricName: "BehindLatest",
      statistic: "Maximum",
      minutes: 5,
      threshold: given.watch.lag.valueAsNumber,
    }),
    alarm("WatermarkAlarm", {
      alarmDescription:
        "The watermark stands still: one shard has no watermark events",
      metricName: "WatermarkHeld",
      statistic: "Maximum",
      minutes: 3,
      threshold: given.watch.held.valueAsNumber,
    }),
    alarm("CheckpointAlarm", {
      alarmDescription:
        "No good checkpoint lately, or no metrics: the engine is down or can't reach the bucket",
      metricName: "CheckpointAge",
      statistic: "Maximum",
      minutes: 5,
      threshold: CHECKPOINT_AGE_SECONDS_MAX,
      treatMissingData: "breaching",
    }),
    alarm("DeadLettersAlarm", {
      alarmDescription:
        "Records that can't be decoded, or documents that the domain refuses",
      metricName: "DeadLetters",
      statistic: "Sum",
      period: 300,
      minutes: 1,
      threshold: 0,
    }),
    alarm("RestartsAlarm", {
      alarmDescription: "The process was started again and again",
      metricName: "Starts",
      statistic: "Sum",
      period: 900,
      minutes: 1,
      threshold: STARTS_MAX - 1,
    }),
  ];
}
