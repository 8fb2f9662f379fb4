/**
 * Tells an Auto Scaling group that an instance needs no more time: the engine
 * has stopped, so its successor may start.
 *
 * @module
 */
import { request } from "undici";
import type { AwsConnection } from "../../engine/aws/connection.ts";
import { signedHeaders } from "../../engine/aws/signer.ts";
import type { Clock } from "../../engine/clock.ts";
import { LIFECYCLE_MS_MAX } from "./limits.ts";

/** Which action is complete. */
export interface LifecycleAction {
  /** `GROUP/HOOK`, as `--termination-hook` has it. */
  readonly hook: string;
  readonly instanceId: string;
  readonly connection: Pick<AwsConnection, "region" | "credentials">;
  readonly clock: Clock;
  /** @default {the region's} */
  readonly endpoint?: string | undefined;
}

function endpointOf(region: string): string {
  const suffix = region.startsWith("cn-") ? ".cn" : "";
  return `https://autoscaling.${region}.amazonaws.com${suffix}`;
}

/**
 * Completes it.
 *
 * @throws {Error} When the service refuses or does not answer; the hook's
 * time-out then ends the instance.
 */
export async function completeLifecycleAction(
  action: LifecycleAction,
): Promise<void> {
  const { hook, instanceId, connection, clock } = action;
  const { region, credentials } = connection;
  const [group = "", name = ""] = hook.split("/");
  const url = new URL("/", action.endpoint ?? endpointOf(region));
  const body = Buffer.from(
    new URLSearchParams({
      Action: "CompleteLifecycleAction",
      Version: "2011-01-01",
      AutoScalingGroupName: group,
      LifecycleHookName: name,
      InstanceId: instanceId,
      LifecycleActionResult: "CONTINUE",
    }).toString(),
  );
  const headers = signedHeaders(
    {
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    },
    {
      service: "autoscaling",
      region,
      credentials: await credentials.current(),
      clockSkewMs: 0,
      nowMs: clock.nowMs(),
    },
  );
  const answer = await request(url, {
    method: "POST",
    headers,
    body,
    signal: AbortSignal.timeout(LIFECYCLE_MS_MAX),
  });
  const text = await answer.body.text();
  if (answer.statusCode === 200) return;
  const [, message = text] = /<Message>([^<]*)/.exec(text) ?? [];
  throw new Error(`${answer.statusCode}: ${message}`);
}
