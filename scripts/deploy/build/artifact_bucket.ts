/**
 * The bucket that sources and packages lie in: versioned, so that an instance
 * can go back to an earlier package.
 *
 * @module
 */
import { CfnDeletionPolicy } from "aws-cdk-lib";
import { CfnBucket, CfnBucketPolicy } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept, document, onlyTls } from "../policy.ts";

/** Days after which what was replaced is dropped. */
const OLD_VERSIONS_DAYS = 90;

/** Makes it. */
export function artifactBucket(scope: Construct): CfnBucket {
  const bucket = new CfnBucket(scope, "ArtifactBucket", {
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
      ],
    },
  });
  bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  bucket.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  accept(bucket, {
    S1: "Access logs would need a second bucket; only the pipeline and the instances' roles may read it, and CloudTrail can log their calls.",
  });
  new CfnBucketPolicy(scope, "ArtifactBucketPolicy", {
    bucket: bucket.ref,
    policyDocument: document([
      onlyTls("s3:*", [bucket.attrArn, `${bucket.attrArn}/*`]),
    ]),
  });
  return bucket;
}
