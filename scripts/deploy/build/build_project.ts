/**
 * What is done with the sources: installed, tested, packaged with production
 * dependencies and the pinned Node, and put into the artifact bucket.
 *
 * @module
 */
import { CfnCondition, Fn } from "aws-cdk-lib";
import { CfnProject } from "aws-cdk-lib/aws-codebuild";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import { CfnLogGroup } from "aws-cdk-lib/aws-logs";
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept, allow, assumedBy, document } from "../policy.ts";
import type { BuildParameters } from "./build_parameters.ts";

/** Longer than install, all tests and packaging take on four cores. */
const TIMEOUT_MINUTES = 60;

/** Where a package lies in the bucket; an architecture's name is put in. */
export const PACKAGE_KEY = "packages/flagdrop-ARCHITECTURE.tar.gz";

const BUILD_SPEC = {
  version: "0.2",
  phases: {
    install: {
      "on-failure": "ABORT",
      commands: [
        'n "$NODE_VERSION"',
        'test "$(node --version)" = "v$NODE_VERSION"',
        "npm ci",
      ],
    },
    build: { "on-failure": "ABORT", commands: ["npm test"] },
    post_build: {
      "on-failure": "ABORT",
      commands: [
        "scripts/deploy/package /tmp/package",
        "tar -C /tmp/package -czf /tmp/package.tar.gz .",
        'aws s3 cp --no-progress /tmp/package.tar.gz "s3://$BUCKET/$PACKAGE_KEY"',
      ],
    },
  },
};

function buildRole(scope: Construct, bucket: CfnBucket) {
  const role = new CfnRole(scope, "BuildRole", {
    assumeRolePolicyDocument: assumedBy("codebuild"),
    policies: [
      {
        policyName: "build",
        policyDocument: document([
          allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            Fn.sub(
              "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${BuildLogs}:*",
            ),
          ),
          allow(["s3:GetObject", "s3:GetObjectVersion"], `${bucket.attrArn}/*`),
          allow(["s3:PutObject"], `${bucket.attrArn}/packages/*`),
        ]),
      },
    ],
  });
  const logged = "log-group:<BuildLogs>:*";
  accept(role, {
    [`IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:${logged}]`]:
      "Streams of one log group are named as they are made.",
    "IAM5[Resource::<ArtifactBucket.Arn>/*]":
      "Sources lie under a name that CodePipeline chooses, in one bucket.",
    "IAM5[Resource::<ArtifactBucket.Arn>/packages/*]":
      "Packages of one prefix of one bucket.",
  });
  return role;
}

/** Makes it. */
export function buildProject(
  scope: Construct,
  parameters: BuildParameters,
  bucket: CfnBucket,
): CfnProject {
  const isArm = new CfnCondition(scope, "IsArm", {
    expression: Fn.conditionEquals(parameters.architecture, "arm64"),
  });
  const logs = new CfnLogGroup(scope, "BuildLogs", { retentionInDays: 30 });
  const role = buildRole(scope, bucket);
  const [before, after] = PACKAGE_KEY.split("ARCHITECTURE");
  const project = new CfnProject(scope, "BuildProject", {
    description: "Tests Flagdrop and makes the package that instances run",
    serviceRole: role.attrArn,
    artifacts: { type: "CODEPIPELINE" },
    source: {
      type: "CODEPIPELINE",
      buildSpec: JSON.stringify(BUILD_SPEC, undefined, 2),
    },
    environment: {
      type: Fn.conditionIf(
        isArm.logicalId,
        "ARM_CONTAINER",
        "LINUX_CONTAINER",
      ).toString(),
      computeType: "BUILD_GENERAL1_MEDIUM",
      image: Fn.conditionIf(
        isArm.logicalId,
        "aws/codebuild/amazonlinux-aarch64-standard:3.0",
        "aws/codebuild/amazonlinux-x86_64-standard:5.0",
      ).toString(),
      environmentVariables: [
        { name: "NODE_VERSION", value: parameters.nodeVersion },
        { name: "BUCKET", value: bucket.ref },
        {
          name: "PACKAGE_KEY",
          value: Fn.join("", [
            before ?? "",
            parameters.architecture,
            after ?? "",
          ]),
        },
      ],
    },
    logsConfig: { cloudWatchLogs: { status: "ENABLED", groupName: logs.ref } },
    timeoutInMinutes: TIMEOUT_MINUTES,
  });
  accept(project, {
    CB5: "Both images are CodeBuild's own; which of them hangs on a parameter, so the rule can't tell.",
    CB4: "What it makes lies in the artifact bucket, which is encrypted with S3's own keys; a key of one's own costs 1 USD a month and guards nothing secret.",
  });
  return project;
}
