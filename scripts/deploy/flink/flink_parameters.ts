/**
 * Parameters of the Flink template, with what each costs: on-demand prices of
 * us-east-1 in USD a month of 730 hours, roughly; see README.md.
 *
 * @module
 */
import { CfnCondition, CfnParameter, Fn } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { alarmEmailParameter, numberParameter } from "../parameters.ts";

/** Flink 1.20 is the last that both SQL connectors are made for. */
const RUNTIMES = ["FLINK-1_20", "FLINK-2_3"];

function jobParameters(scope: Construct) {
  return {
    streamArn: new CfnParameter(scope, "StreamArn", {
      description:
        "The stream to read, the same as the package's --stream. Beside the engine both share a shard's five reads and 2 MB a second",
      allowedPattern: "arn:[\\w-]+:kinesis:[\\w-]+:\\d{12}:stream/[\\w.-]+",
    }),
    bucket: new CfnParameter(scope, "PackageBucket", {
      description:
        "Bucket of the package; the build template's will do, any of this region",
      allowedPattern: "[a-z0-9.-]{3,63}",
    }),
    key: new CfnParameter(scope, "PackageKey", {
      description:
        "What flagdrop flink package wrote, with --jar. Another job: another key or version, else nothing is updated",
      default: "packages/flink.zip",
      allowedPattern: "[\\w./=-]+",
    }),
    version: new CfnParameter(scope, "PackageVersion", {
      description: "Version of the package in a versioned bucket, or empty",
      default: "",
      allowedPattern: "|[\\w.-]{1,1024}",
    }),
    runtime: new CfnParameter(scope, "Runtime", {
      description:
        "Flink's version: the jar must fit. The OpenSearch connector exists for 1.x alone",
      default: "FLINK-1_20",
      allowedValues: RUNTIMES,
    }),
  };
}

function sizeParameters(scope: Construct) {
  return {
    parallelism: numberParameter(scope, "Parallelism", {
      description:
        "Tasks of each operator: as many as open shards. With fewer, shards share a watermark, and what is behind is late",
      default: 8,
      minValue: 1,
    }),
    perKpu: numberParameter(scope, "ParallelismPerKpu", {
      description:
        "Tasks for each KPU (1 vCPU, 4 GB); one more KPU orchestrates. A KPU is some 80 a month, its 50 GB of disk 5: unchecked, look it up",
      default: 4,
      minValue: 1,
      maxValue: 8,
    }),
    checkpointMs: numberParameter(scope, "CheckpointIntervalMs", {
      description: "Milliseconds from one checkpoint to the next",
      default: 10_000,
      minValue: 1_000,
    }),
  };
}

function sinkParameters(scope: Construct) {
  return {
    outputBucket: new CfnParameter(scope, "OutputBucket", {
      description:
        "With --sink file:s3://…: bucket that the role may write to; empty for none",
      default: "",
      allowedPattern: "|[a-z0-9.-]{3,63}",
    }),
    outputPrefix: new CfnParameter(scope, "OutputPrefix", {
      description: "Folder of the documents in it, without slashes around it",
      default: "flink",
      allowedPattern: "[\\w.=-]+(/[\\w.=-]+)*",
    }),
    domainArn: new CfnParameter(scope, "OpenSearchArn", {
      description:
        "ARN of a domain that the role may write to, for a jar that signs. Flink's own connector doesn't, it takes user and password: leave empty",
      default: "",
      allowedPattern: "|arn:[\\w-]+:es:[\\w-]+:\\d{12}:domain/[\\w-]+",
    }),
  };
}

function watchParameters(scope: Construct) {
  return {
    email: alarmEmailParameter(
      scope,
      "Who hears of alarms (0.10 a month each); empty for nobody",
    ),
    lagMs: numberParameter(scope, "LagMsMax", {
      description: "How far behind the stream's tip is an alarm, milliseconds",
      default: 300_000,
      minValue: 30_000,
    }),
  };
}

/** All parameters. */
export type FlinkParameters = ReturnType<typeof flinkParameters>;

/** Declares all parameters. */
export function flinkParameters(scope: Construct) {
  return {
    job: jobParameters(scope),
    size: sizeParameters(scope),
    sink: sinkParameters(scope),
    watch: watchParameters(scope),
  };
}

/** What is made, and what is left away. */
export type FlinkConditions = ReturnType<typeof flinkConditions>;

/** Declares all conditions. */
export function flinkConditions(scope: Construct, given: FlinkParameters) {
  const isGiven = (id: string, parameter: CfnParameter) =>
    new CfnCondition(scope, id, {
      expression: Fn.conditionNot(
        Fn.conditionEquals(parameter.valueAsString, ""),
      ),
    });
  return {
    hasVersion: isGiven("HasVersion", given.job.version),
    hasOutput: isGiven("HasOutput", given.sink.outputBucket),
    hasDomain: isGiven("HasDomain", given.sink.domainArn),
    hasEmail: isGiven("HasEmail", given.watch.email),
    isFlink1: new CfnCondition(scope, "IsFlink1", {
      expression: Fn.conditionEquals(
        given.job.runtime.valueAsString,
        "FLINK-1_20",
      ),
    }),
  };
}
