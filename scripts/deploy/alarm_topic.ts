/**
 * The topic that alarms go to, and who hears of it.
 *
 * @module
 */
import { Aws, type CfnCondition, type CfnParameter } from "aws-cdk-lib";
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { accept, document } from "./policy.ts";

/**
 * Makes topic, policy and subscription.
 *
 * @param scope The stack.
 * @param email Who hears of alarms.
 * @param hasEmail Whether that is somebody.
 */
export function alarmTopic(
  scope: Construct,
  email: CfnParameter,
  hasEmail: CfnCondition,
): CfnTopic {
  const topic = new CfnTopic(scope, "AlarmTopic");
  accept(topic, {
    SNS3: "Its policy lets CloudWatch's alarms of this account publish alone; they come inside AWS.",
  });
  new CfnTopicPolicy(scope, "AlarmTopicPolicy", {
    topics: [topic.ref],
    policyDocument: document([
      {
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: topic.ref,
        Condition: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      },
      {
        Effect: "Deny",
        Principal: "*",
        Action: "sns:Publish",
        Resource: topic.ref,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]),
  });
  const subscription = new CfnSubscription(scope, "AlarmEmailSubscription", {
    topicArn: topic.ref,
    protocol: "email",
    endpoint: email.valueAsString,
  });
  subscription.cfnOptions.condition = hasEmail;
  return topic;
}
