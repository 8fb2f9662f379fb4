/**
 * What the Flink application may do: what its connectors and the service call
 * by their source and documentation (`expected_calls.json`), on one stream,
 * one package, one log stream, and where its documents go.
 *
 * @module
 */
import { Aws, Fn } from "aws-cdk-lib";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { accept, allow, assumedBy, document } from "../policy.ts";
import type { FlinkConditions, FlinkParameters } from "./flink_parameters.ts";

const LOG_GROUPS =
  "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:";

/** ARN of the application's log stream, to be substituted. */
export const LOG_STREAM_ARN = `${LOG_GROUPS}\${Logs}:log-stream:\${LogStream}`;

/**
 * The source polls; `flagdrop flink package` never asks for fan-out. The legacy
 * connector looks its stream's ARN up by the whole description.
 */
function sourceStatement({ job }: FlinkParameters): object {
  return allow(
    [
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:ListShards",
      "kinesis:GetShardIterator",
      "kinesis:GetRecords",
    ],
    job.streamArn.valueAsString,
  );
}

/** What the service itself does with the role. */
function serviceStatements(): object[] {
  return [
    allow(
      ["s3:GetObject", "s3:GetObjectVersion"],
      Fn.sub("arn:${AWS::Partition}:s3:::${PackageBucket}/${PackageKey}"),
    ),
    allow(["logs:DescribeLogGroups"], Fn.sub(`${LOG_GROUPS}*`)),
    allow(["logs:DescribeLogStreams"], Fn.sub(`${LOG_GROUPS}\${Logs}:*`)),
    allow(["logs:PutLogEvents"], Fn.sub(LOG_STREAM_ARN)),
  ];
}

function sinkStatements(conditions: FlinkConditions): unknown[] {
  const only = (condition: { logicalId: string }, statement: object) =>
    Fn.conditionIf(condition.logicalId, statement, Aws.NO_VALUE);
  const bucket = "arn:${AWS::Partition}:s3:::${OutputBucket}";
  return [
    // Flink's file system asks for folders above the prefix, and for names
    // that are not there: without the list, both are refusals that end the job.
    only(conditions.hasOutput, allow(["s3:ListBucket"], Fn.sub(bucket))),
    only(
      conditions.hasOutput,
      allow(
        [
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:PutObject",
        ],
        Fn.sub(`${bucket}/\${OutputPrefix}/*`),
      ),
    ),
    only(
      conditions.hasDomain,
      // The connector writes nothing but bulks.
      allow(["es:ESHttpPost"], Fn.sub("${OpenSearchArn}/*")),
    ),
  ];
}

/** Makes the role. */
export function flinkRole(
  scope: Construct,
  given: FlinkParameters,
  conditions: FlinkConditions,
): CfnRole {
  const role = new CfnRole(scope, "FlinkRole", {
    assumeRolePolicyDocument: assumedBy("kinesisanalytics", {
      StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
    }),
    policies: [
      {
        policyName: "flink",
        policyDocument: document([
          sourceStatement(given),
          ...serviceStatements(),
          ...sinkStatements(conditions),
        ]),
      },
    ],
  });
  const logGroup =
    "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:";
  accept(role, {
    [`IAM5[Resource::${logGroup}*]`]:
      "The service looks for the log group among all, by their names alone.",
    [`IAM5[Resource::${logGroup}<Logs>:*]`]: "Streams of one log group.",
    "IAM5[Resource::arn:<AWS::Partition>:s3:::<OutputBucket>/<OutputPrefix>/*]":
      "Files of one prefix of one bucket are named as they are made.",
    "IAM5[Resource::<OpenSearchArn>/*]": "Paths of one domain.",
  });
  return role;
}
