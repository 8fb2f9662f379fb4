/**
 * From a push to a package: source by a connection, then the build.
 *
 * @module
 */
import type { CfnProject } from "aws-cdk-lib/aws-codebuild";
import { CfnPipeline } from "aws-cdk-lib/aws-codepipeline";
import { CfnRole } from "aws-cdk-lib/aws-iam";
import type { CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept, allow, assumedBy, document } from "../policy.ts";
import type { BuildParameters } from "./build_parameters.ts";

/** What the pipeline is made of. */
export interface PipelineParts {
  readonly parameters: BuildParameters;
  readonly bucket: CfnBucket;
  readonly project: CfnProject;
}

function pipelineRole(scope: Construct, parts: PipelineParts): CfnRole {
  const { bucket, project, parameters } = parts;
  const role = new CfnRole(scope, "PipelineRole", {
    assumeRolePolicyDocument: assumedBy("codepipeline"),
    policies: [
      {
        policyName: "pipeline",
        policyDocument: document([
          allow(
            ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            `${bucket.attrArn}/*`,
          ),
          allow(["s3:GetBucketVersioning"], bucket.attrArn),
          allow(
            ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
            project.attrArn,
          ),
          allow(
            [
              "codeconnections:UseConnection",
              "codestar-connections:UseConnection",
            ],
            parameters.connectionArn,
          ),
        ]),
      },
    ],
  });
  accept(role, {
    "IAM5[Resource::<ArtifactBucket.Arn>/*]":
      "Objects of one bucket: CodePipeline names its own artifacts.",
  });
  return role;
}

/** Makes it. */
export function pipeline(scope: Construct, parts: PipelineParts): CfnPipeline {
  const { parameters, bucket, project } = parts;
  return new CfnPipeline(scope, "Pipeline", {
    pipelineType: "V2",
    executionMode: "QUEUED",
    roleArn: pipelineRole(scope, parts).attrArn,
    artifactStore: { type: "S3", location: bucket.ref },
    stages: [
      {
        name: "Source",
        actions: [
          {
            name: "Repository",
            actionTypeId: {
              category: "Source",
              owner: "AWS",
              provider: "CodeStarSourceConnection",
              version: "1",
            },
            configuration: {
              ConnectionArn: parameters.connectionArn,
              FullRepositoryId: parameters.repository,
              BranchName: parameters.branch,
              DetectChanges: "true",
            },
            outputArtifacts: [{ name: "Source" }],
            runOrder: 1,
          },
        ],
      },
      {
        name: "Build",
        actions: [
          {
            name: "TestAndPackage",
            actionTypeId: {
              category: "Build",
              owner: "AWS",
              provider: "CodeBuild",
              version: "1",
            },
            configuration: { ProjectName: project.ref },
            inputArtifacts: [{ name: "Source" }],
            runOrder: 1,
          },
        ],
      },
    ],
  });
}
