/**
 * The bucket of the checkpoints: versioned, encrypted, old versions dropped.
 *
 * @module
 */
import { CfnDeletionPolicy } from "aws-cdk-lib";
import { CfnBucket, CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept, document, onlyTls } from "../policy.ts";

/**
 * Days that what the engine has deleted can be had back: a checkpoint each
 * five seconds, of which three are kept, makes 17,000 versions a day.
 */
const OLD_VERSIONS_DAYS = 1;

/** Makes it. */
export function checkpointBucket(scope: Construct): CfnBucket {
  const bucket = new CfnBucket(scope, "CheckpointBucket", {
    versioningConfiguration: { status: "Enabled" },
    bucketEncryption: {
      serverSideEncryptionConfiguration: [
        { serverSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
      ],
    },
    publicAccessBlockConfiguration: {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    ownershipControls: { rules: [{ objectOwnership: "BucketOwnerEnforced" }] },
    lifecycleConfiguration: {
      rules: [
        {
          id: "old-versions",
          status: "Enabled",
          noncurrentVersionExpiration: { noncurrentDays: OLD_VERSIONS_DAYS },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
        {
          id: "delete-markers",
          status: "Enabled",
          expiredObjectDeleteMarker: true,
        },
      ],
    },
  });
  bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  bucket.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  accept(bucket, {
    S1: "Access logs would hold a line for each checkpoint of one role; CloudTrail can log them where a rule asks for it.",
  });
  new CfnBucketPolicy(scope, "CheckpointBucketPolicy", {
    bucket: bucket.ref,
    policyDocument: document([
      onlyTls("s3:*", [bucket.attrArn, `${bucket.attrArn}/*`]),
    ]),
  });
  return bucket;
}
