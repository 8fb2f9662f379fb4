/**
 * The replay: an instance that puts trips into the stream, if it is wanted.
 *
 * @module
 */
import { Fn } from "aws-cdk-lib";
import { CfnInstance } from "aws-cdk-lib/aws-ec2";
import type { CfnInstanceProfile } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { accept } from "../policy.ts";
import { launchTemplate } from "./engine_group.ts";
import type { Network } from "./network.ts";
import type { Conditions, Parameters } from "./parameters.ts";
import { replayUserData } from "./user_data.ts";

/** What it is made of. */
export interface ReplayParts {
  readonly given: Parameters;
  readonly conditions: Conditions;
  readonly network: Network;
  readonly profile: CfnInstanceProfile;
}

/** Recorded trips end: a restart goes on instead of sending them again. */
const RECORDED_TRIPS =
  "s3://${ReplayBucket}/${ReplayPrefix} --resume /var/lib/flagdrop/replay.json";

/** Makes it. */
export function replayInstance(
  scope: Construct,
  { given, conditions, network, profile }: ReplayParts,
): CfnInstance {
  const { engine } = given;
  const template = launchTemplate(scope, "ReplayTemplate", {
    given,
    imageId: Fn.conditionIf(
      conditions.replayIsArm.logicalId,
      engine.armImage.valueAsString,
      engine.intelImage.valueAsString,
    ).toString(),
    instanceType: engine.replayType.valueAsString,
    iamInstanceProfile: { arn: profile.attrArn },
    securityGroupIds: [network.securityGroup.attrGroupId],
    monitoring: { enabled: true },
    userData: replayUserData(
      Fn.conditionIf(
        conditions.hasReplayBucket.logicalId,
        Fn.sub(RECORDED_TRIPS),
        "generator",
      ).toString(),
    ),
  });
  template.cfnOptions.condition = conditions.hasReplay;
  const instance = new CfnInstance(scope, "Replay", {
    launchTemplate: {
      launchTemplateId: template.ref,
      version: template.attrLatestVersionNumber,
    },
    subnetId: network.subnetId,
    tags: [{ key: "Name", value: Fn.sub("${AWS::StackName}-replay") }],
  });
  instance.cfnOptions.condition = conditions.hasReplay;
  accept(instance, {
    EC28: "Detailed monitoring is on in its launch template.",
    EC29: "No protection against termination and no group: it holds nothing, and a replay can be started again at any time.",
  });
  return instance;
}
