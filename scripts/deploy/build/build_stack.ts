/**
 * The build template: from a push to the repository to a package in a bucket.
 *
 * @module
 */
import { CfnOutput, Fn, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { artifactBucket } from "./artifact_bucket.ts";
import { buildParameters } from "./build_parameters.ts";
import { buildProject, PACKAGE_KEY } from "./build_project.ts";
import { pipeline } from "./pipeline.ts";

/** Bucket, project and pipeline. */
export class BuildStack extends Stack {
  constructor(scope: Construct, id: string, synthesizer: IStackSynthesizer) {
    super(scope, id, {
      synthesizer,
      description:
        "Flagdrop, part 1 of 2: builds the package that instances run",
    });
    const parameters = buildParameters(this);
    const bucket = artifactBucket(this);
    const project = buildProject(this, parameters, bucket);
    const made = pipeline(this, { parameters, bucket, project });
    const [before, after] = PACKAGE_KEY.split("ARCHITECTURE");
    const key = `${before}\${Architecture}${after}`;
    new CfnOutput(this, "PackageBucket", {
      description: "Parameter PackageBucket of the infrastructure template",
      value: bucket.ref,
    });
    new CfnOutput(this, "PackageKey", {
      description: "Parameter PackageKey of the infrastructure template",
      value: Fn.sub(key),
    });
    new CfnOutput(this, "BuildCommand", {
      description: "Builds now, without a push",
      value: `aws codepipeline start-pipeline-execution --name ${made.ref}`,
    });
    new CfnOutput(this, "DeployCommand", {
      description: "What to run next, once a package is there",
      value: Fn.sub(
        `aws cloudformation deploy --stack-name flagdrop --capabilities CAPABILITY_IAM --template-file scripts/deploy/infrastructure.template.json --parameter-overrides PackageBucket=\${ArtifactBucket} PackageKey=${key}`,
      ),
    });
  }
}
