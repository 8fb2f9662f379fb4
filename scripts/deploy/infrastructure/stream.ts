/**
 * The Kinesis stream.
 *
 * @module
 */
import { Aws, Fn } from "aws-cdk-lib";
import { CfnStream } from "aws-cdk-lib/aws-kinesis";
import type { Construct } from "constructs";
import type { Conditions, Parameters } from "./parameters.ts";

/** Makes it. */
export function stream(
  scope: Construct,
  given: Parameters["stream"],
  conditions: Conditions,
): CfnStream {
  const made = new CfnStream(scope, "Stream", {
    streamModeDetails: { streamMode: given.mode.valueAsString },
    retentionPeriodHours: given.retention.valueAsNumber,
    streamEncryption: { encryptionType: "KMS", keyId: "alias/aws/kinesis" },
  });
  made.addPropertyOverride(
    "ShardCount",
    Fn.conditionIf(
      conditions.isProvisioned.logicalId,
      given.shards.valueAsNumber,
      Aws.NO_VALUE,
    ),
  );
  return made;
}
