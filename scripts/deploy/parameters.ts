/**
 * Parameters that several templates have, or are made in the same way.
 *
 * @module
 */
import { CfnParameter, type CfnParameterProps } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** A parameter that is a number. */
export function numberParameter(
  scope: Construct,
  id: string,
  props: CfnParameterProps,
): CfnParameter {
  return new CfnParameter(scope, id, { type: "Number", ...props });
}

/**
 * Who hears of alarms; `alarmTopic` takes it.
 *
 * @param description What the console says of it.
 */
export function alarmEmailParameter(
  scope: Construct,
  description: string,
): CfnParameter {
  return new CfnParameter(scope, "AlarmEmail", {
    description,
    default: "",
    allowedPattern: "|[^@\\s]+@[^@\\s]+",
  });
}
