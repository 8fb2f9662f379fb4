/**
 * The bucket that sources and packages lie in: versioned, so that an instance
 * can go back to an earlier package.
 *
 * @module
 */
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { keptBucket } from "../kept_bucket.ts";

/** Makes it. */
export function artifactBucket(scope: Construct): CfnBucket {
  return keptBucket(scope, "ArtifactBucket", {
    oldVersionsDays: 90,
    withoutLogs:
      "Access logs would need a second bucket; only the pipeline and the instances' roles may read it, and CloudTrail can log their calls.",
  });
}
