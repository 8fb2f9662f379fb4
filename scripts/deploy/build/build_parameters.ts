/**
 * Parameters of the build template.
 *
 * @module
 */
import { CfnParameter } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** Parameters by what they say. */
export interface BuildParameters {
  readonly connectionArn: string;
  readonly repository: string;
  readonly branch: string;
  readonly nodeVersion: string;
  readonly architecture: string;
}

/** Declares them. */
export function buildParameters(scope: Construct): BuildParameters {
  const text = (
    id: string,
    props: ConstructorParameters<typeof CfnParameter>[2],
  ) => new CfnParameter(scope, id, props).valueAsString;
  return {
    connectionArn: text("ConnectionArn", {
      description:
        "Connection to the repository's host (Developer Tools, Connections), authorised in the console",
      allowedPattern:
        "arn:[\\w-]+:(codeconnections|codestar-connections):[\\w-]+:\\d{12}:connection/[\\w-]+",
    }),
    repository: text("Repository", {
      description: "OWNER/NAME of the repository with this code",
      allowedPattern: "[\\w.-]+/[\\w.-]+",
    }),
    branch: text("Branch", {
      description: "Branch that is built at each push",
      default: "main",
    }),
    nodeVersion: text("NodeVersion", {
      description: "Node that tests and instances run, exactly",
      default: "20.20.2",
      allowedPattern: "\\d+\\.\\d+\\.\\d+",
    }),
    architecture: text("Architecture", {
      description:
        "Instances that the package is for: arm64 (c7g) or x86_64 (c7i). A build takes some 10 minutes of a 4-core container, about 0.10 USD",
      default: "arm64",
      allowedValues: ["arm64", "x86_64"],
    }),
  };
}
