/**
 * The Flink template: a job on Managed Service for Apache Flink, beside the
 * engine or instead of it.
 *
 * @module
 */
import { type IStackSynthesizer, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { flinkAlarms } from "./flink_alarms.ts";
import { flinkApplication } from "./flink_application.ts";
import { flinkOutputs } from "./flink_outputs.ts";
import { flinkConditions, flinkParameters } from "./flink_parameters.ts";
import { flinkRole } from "./flink_role.ts";

/** Role, application, log and alarms; the stream is there before. */
export class FlinkStack extends Stack {
  constructor(scope: Construct, id: string, synthesizer: IStackSynthesizer) {
    super(scope, id, {
      synthesizer,
      description:
        "Flagdrop on Flink: a job as an application of Managed Service for Apache Flink, beside the engine or instead of it",
    });
    const given = flinkParameters(this);
    const conditions = flinkConditions(this, given);
    const role = flinkRole(this, given, conditions);
    const application = flinkApplication(this, { given, conditions, role });
    flinkAlarms(this, { given, conditions, application });
    flinkOutputs(this, conditions);
  }
}
