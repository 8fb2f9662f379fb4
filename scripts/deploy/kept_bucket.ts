/**
 * A bucket that outlives its stack: versioned, encrypted, closed to the public
 * and to whoever comes without TLS, with what was replaced dropped after a while.
 *
 * @module
 */
import { CfnDeletionPolicy } from "aws-cdk-lib";
import { CfnBucket, CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept, document, onlyTls } from "./policy.ts";

/** What is particular about one. */
export interface KeptBucket {
  /** Days that what was replaced or deleted can be had back. */
  readonly oldVersionsDays: number;
  /** Further rules of its lifecycle. @default {[]} */
  readonly rules?: readonly CfnBucket.RuleProperty[];
  /** Why it has no access logs. */
  readonly withoutLogs: string;
}

/** Makes it, and its policy. */
export function keptBucket(
  scope: Construct,
  id: string,
  { oldVersionsDays, rules = [], withoutLogs }: KeptBucket,
): CfnBucket {
  const bucket = new CfnBucket(scope, id, {
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
          noncurrentVersionExpiration: { noncurrentDays: oldVersionsDays },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
        ...rules,
      ],
    },
  });
  bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  bucket.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  accept(bucket, { S1: withoutLogs });
  new CfnBucketPolicy(scope, `${id}Policy`, {
    bucket: bucket.ref,
    policyDocument: document([
      onlyTls("s3:*", [bucket.attrArn, `${bucket.attrArn}/*`]),
    ]),
  });
  return bucket;
}
