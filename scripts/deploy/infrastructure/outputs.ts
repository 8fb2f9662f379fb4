/**
 * The stack's outputs: the commands to run next.
 *
 * @module
 */
import { CfnOutput, Fn } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Conditions } from "./parameters.ts";

/** Port of the engine's page, on the instance and on the laptop. */
const PAGE_PORT = 8787;

const INSTANCE = `$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names \${AWS::StackName}-engine --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text --region \${AWS::Region})`;

/** Declares them. */
export function outputs(scope: Construct, conditions: Conditions): void {
  const command = (id: string, description: string, text: string) =>
    new CfnOutput(scope, id, {
      description,
      value: text.includes("${") ? Fn.sub(text) : text,
    });
  command(
    "PageCommand",
    `Forwards the live page to http://127.0.0.1:${PAGE_PORT}; needs the Session Manager plugin`,
    `aws ssm start-session --region \${AWS::Region} --target ${INSTANCE} --document-name AWS-StartPortForwardingSession --parameters portNumber=${PAGE_PORT},localPortNumber=${PAGE_PORT}`,
  );
  command(
    "ShellCommand",
    "A shell on the engine's instance; then: journalctl -u flagdrop -o cat -f",
    `aws ssm start-session --region \${AWS::Region} --target ${INSTANCE}`,
  );
  command(
    "DoctorCommand",
    "On the engine's instance: checks what the run needs, and says what to fix",
    "sudo -u flagdrop flagdrop doctor --config /etc/flagdrop/flagdrop.json",
  );
  command(
    "ReplayCommand",
    "Puts trips into the stream, from a machine that may",
    "flagdrop replay --stream ${Stream} --region ${AWS::Region} --source generator --speedup ${ReplaySpeedup} --aggregate",
  );
  command(
    "RescaleCommand",
    "To another number of shards: also by the parameter ShardCount",
    "aws kinesis update-shard-count --region ${AWS::Region} --stream-name ${Stream} --scaling-type UNIFORM_SCALING --target-shard-count 16",
  );
  command(
    "DashboardUrl",
    "CloudWatch's dashboard",
    [
      "https://${AWS::Region}.console",
      "aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards/dashboard/${AWS::StackName}",
    ].join("."),
  );
  const domain = command(
    "SearchDashboardsCommand",
    "Installs the OpenSearch dashboard, with credentials that the domain takes",
    "flagdrop dashboards install https://${SearchDomain.DomainEndpoint}/_dashboards --region ${AWS::Region}",
  );
  domain.condition = conditions.newDomain;
  command("StreamName", "The stream, for producers", "${Stream}");
  command("StreamArn", "The stream, for the Flink template", "${Stream.Arn}");
  command(
    "TearDownCommand",
    "Deletes all but the checkpoint bucket and the state volume, which are kept",
    "aws cloudformation delete-stack --region ${AWS::Region} --stack-name ${AWS::StackName}",
  );
}
