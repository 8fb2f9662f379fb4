/**
 * What the instances may do: what the engine, the doctor and the replay were
 * seen to call (`recorded_calls.json`), on what they call it, and the way in
 * by SSM. A test compares both lists.
 *
 * @module
 */
import { Aws, Fn } from "aws-cdk-lib";
import { CfnInstanceProfile, CfnRole } from "aws-cdk-lib/aws-iam";
import type { CfnStream } from "aws-cdk-lib/aws-kinesis";
import type { CfnDomain } from "aws-cdk-lib/aws-opensearchservice";
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept, allow, assumedBy, document } from "../policy.ts";
import type { Conditions, Parameters } from "./parameters.ts";

/** Name of the engine's Auto Scaling group. */
export const GROUP_NAME = "${AWS::StackName}-engine";
/** Prefix of the checkpoints in their bucket. */
export const CHECKPOINT_PREFIX = "checkpoints";
/** Log group of the engine's metrics. */
export const LOG_GROUP_NAME = "/flagdrop/${AWS::StackName}";
/** Tag that tells this stack's instances. */
export const STACK_TAG = "FlagdropStack";

/** What the roles speak of. */
export interface RoleParts {
  readonly given: Parameters;
  readonly conditions: Conditions;
  readonly stream: CfnStream;
  readonly domain: CfnDomain;
  readonly bucket: CfnBucket;
  /** Of the engine's volume. */
  readonly volumeId: string;
}

/** Why wildcards stand in every instance's role. */
const SESSION_ACCEPTED = {
  "IAM5[Resource::*]": "ssmmessages knows no names of resources.",
  "IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]":
    "An instance's name is not known before it is made; volumes go to this stack's alone, by their tag.",
};

/** SSM's agent, as far as a session and its port forwarding go. */
function sessionStatements() {
  const instances =
    "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*";
  return [
    allow(["ssm:UpdateInstanceInformation"], Fn.sub(instances)),
    allow(
      [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      "*",
    ),
  ];
}

function packageStatement() {
  return allow(
    ["s3:GetObject"],
    Fn.sub("arn:${AWS::Partition}:s3:::${PackageBucket}/${PackageKey}"),
  );
}

/** A statement that exists only under a condition. */
function only(condition: { logicalId: string }, statement: object): unknown {
  return Fn.conditionIf(condition.logicalId, statement, Aws.NO_VALUE);
}

function streamStatements({ stream, conditions }: RoleParts): unknown[] {
  const consumer = "${Stream.Arn}/consumer/${ConsumerName}:*";
  return [
    allow(
      [
        "kinesis:DescribeStreamSummary",
        "kinesis:ListShards",
        "kinesis:GetShardIterator",
        "kinesis:GetRecords",
      ],
      stream.attrArn,
    ),
    only(
      conditions.hasConsumer,
      allow(["kinesis:RegisterStreamConsumer"], stream.attrArn),
    ),
    only(
      conditions.hasConsumer,
      allow(
        ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"],
        Fn.sub(consumer),
      ),
    ),
  ];
}

function sinkStatements({ given, domain, conditions }: RoleParts): unknown[] {
  const actions = ["es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"];
  return [
    only(
      conditions.newDomain,
      allow(actions, Fn.join("", [domain.attrArn, "/*"])),
    ),
    only(
      conditions.existingDomain,
      allow(actions, Fn.join("", [given.sink.domainArn.valueAsString, "/*"])),
    ),
  ];
}

function instanceStatements({ volumeId }: RoleParts): unknown[] {
  const ec2 = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}";
  return [
    allow(
      ["autoscaling:CompleteLifecycleAction", "autoscaling:SetInstanceHealth"],
      Fn.sub(
        `arn:\${AWS::Partition}:autoscaling:\${AWS::Region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/${GROUP_NAME}`,
      ),
    ),
    allow(
      ["ec2:AttachVolume"],
      Fn.join("", [Fn.sub(`${ec2}:volume/`), volumeId]),
    ),
    allow(["ec2:AttachVolume"], Fn.sub(`${ec2}:instance/*`), {
      StringEquals: { [`aws:ResourceTag/${STACK_TAG}`]: Aws.STACK_NAME },
    }),
    allow(
      ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      Fn.sub(
        `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${LOG_GROUP_NAME}:*`,
      ),
    ),
  ];
}

/** The engine's role; the doctor runs with it too. */
export function engineProfile(
  scope: Construct,
  parts: RoleParts,
): CfnInstanceProfile {
  const { bucket } = parts;
  const role = new CfnRole(scope, "EngineRole", {
    assumeRolePolicyDocument: assumedBy("ec2"),
    policies: [
      {
        policyName: "engine",
        policyDocument: document([
          ...streamStatements(parts),
          allow(["s3:ListBucket"], bucket.attrArn, {
            StringLike: { "s3:prefix": `${CHECKPOINT_PREFIX}/*` },
          }),
          allow(
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            `${bucket.attrArn}/${CHECKPOINT_PREFIX}/*`,
          ),
          ...sinkStatements(parts),
          packageStatement(),
          ...instanceStatements(parts),
          ...sessionStatements(),
        ]),
      },
    ],
  });
  accept(role, {
    ...SESSION_ACCEPTED,
    "IAM5[Resource::<CheckpointBucket.Arn>/checkpoints/*]":
      "Checkpoints of one prefix of one bucket are named as they are made.",
    "IAM5[Resource::arn:<AWS::Partition>:autoscaling:<AWS::Region>:<AWS::AccountId>:autoScalingGroup:*:autoScalingGroupName/<AWS::StackName>-engine]":
      "A group's ARN has an id that is not known before; its name is whole.",
    "IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/flagdrop/<AWS::StackName>:*]":
      "Streams of one log group are named after instances.",
  });
  return new CfnInstanceProfile(scope, "EngineProfile", { roles: [role.ref] });
}

/** What the replay reads, if that is a bucket: under one prefix of it alone. */
function sourceStatements({ given, conditions }: RoleParts): unknown[] {
  const bucket = "arn:${AWS::Partition}:s3:::${ReplayBucket}";
  return [
    only(
      conditions.hasReplayBucket,
      allow(["s3:ListBucket"], Fn.sub(bucket), {
        StringEquals: { "s3:prefix": given.engine.replayPrefix.valueAsString },
      }),
    ),
    only(
      conditions.hasReplayBucket,
      allow(["s3:GetObject"], Fn.sub(`${bucket}/\${ReplayPrefix}*`)),
    ),
  ];
}

/** The replay's role. */
export function replayProfile(
  scope: Construct,
  parts: RoleParts,
): CfnInstanceProfile {
  const { conditions, stream } = parts;
  const role = new CfnRole(scope, "ReplayRole", {
    assumeRolePolicyDocument: assumedBy("ec2"),
    policies: [
      {
        policyName: "replay",
        policyDocument: document([
          allow(
            [
              "kinesis:DescribeStreamSummary",
              "kinesis:ListShards",
              "kinesis:PutRecords",
            ],
            stream.attrArn,
          ),
          ...sourceStatements(parts),
          packageStatement(),
          ...sessionStatements(),
        ]),
      },
    ],
  });
  role.cfnOptions.condition = conditions.hasReplay;
  accept(role, {
    ...SESSION_ACCEPTED,
    "IAM5[Resource::arn:<AWS::Partition>:s3:::<ReplayBucket>/<ReplayPrefix>*]":
      "The objects under one prefix, whatever they are named.",
  });
  const profile = new CfnInstanceProfile(scope, "ReplayProfile", {
    roles: [role.ref],
  });
  profile.cfnOptions.condition = conditions.hasReplay;
  return profile;
}
