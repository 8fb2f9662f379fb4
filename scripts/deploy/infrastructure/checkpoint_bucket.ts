/**
 * The bucket of the checkpoints: versioned, encrypted, old versions dropped.
 *
 * @module
 */
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { keptBucket } from "../kept_bucket.ts";

/**
 * Days that what the engine has deleted can be had back: a checkpoint each
 * five seconds, of which three are kept, makes 17,000 versions a day.
 */
const OLD_VERSIONS_DAYS = 1;

/** Makes it. */
export function checkpointBucket(scope: Construct): CfnBucket {
  return keptBucket(scope, "CheckpointBucket", {
    oldVersionsDays: OLD_VERSIONS_DAYS,
    rules: [
      {
        id: "delete-markers",
        status: "Enabled",
        expiredObjectDeleteMarker: true,
      },
    ],
    withoutLogs:
      "Access logs would hold a line for each checkpoint of one role; CloudTrail can log them where a rule asks for it.",
  });
}
