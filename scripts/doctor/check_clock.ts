/**
 * This machine's clock against the service's: AWS refuses signatures that are
 * five minutes off.
 *
 * @module
 */
import { createDispatcher } from "../../engine/aws/dispatcher.ts";
import type { Clock } from "../../engine/clock.ts";
import { errorLine } from "../../engine/errors.ts";
import { type Finding, ok, warning, wrong } from "./finding.ts";
import {
  ANSWER_MS_MAX,
  CLOCK_SKEW_MS_MAX,
  CLOCK_SKEW_MS_WARN,
} from "./limits.ts";

const FIX = "start chrony or systemd-timesyncd (timedatectl set-ntp true)";

/** The `Date` of an answer, to the second, epoch ms; NaN when it has none. */
async function serverTime(endpoint: string, caPem: string): Promise<number> {
  const dispatcher = createDispatcher(
    { endpoint, caPem },
    { connectionsMax: 1, silenceTimeoutMs: ANSWER_MS_MAX },
  );
  try {
    const { headers, body } = await dispatcher.request({
      origin: endpoint,
      path: "/",
      method: "GET",
    });
    await body.dump();
    return Date.parse([headers["date"] ?? ""].flat()[0] ?? "");
  } finally {
    await dispatcher.destroy();
  }
}

/** Compares the clocks; what the service answers does not matter otherwise. */
export async function checkClock(
  { endpoint, caPem }: { readonly endpoint: string; readonly caPem: string },
  clock: Clock,
): Promise<Finding> {
  const beforeMs = clock.nowMs();
  let serverMs: number;
  try {
    serverMs = await serverTime(endpoint, caPem);
  } catch (error) {
    return warning(
      "clock",
      `cannot compare it with ${endpoint} (${errorLine(error)})`,
      "check --endpoint, --region and the network",
    );
  }
  if (Number.isNaN(serverMs)) {
    return ok("clock", `${endpoint} tells no time to compare it with`);
  }
  // Between asking and answering, and the header cuts off up to a second.
  const [earliest, latest] = [beforeMs - 1_000, clock.nowMs()];
  const skewMs = Math.max(earliest - serverMs, serverMs - latest, 0);
  const side = serverMs > latest ? "behind" : "ahead of";
  const seconds = Math.round(skewMs / 1_000);
  if (skewMs >= CLOCK_SKEW_MS_MAX) {
    return wrong("clock", `${seconds} s ${side} the service`, {
      fix: `${FIX}: signatures are refused`,
      code: "FD_CREDENTIALS",
    });
  }
  return skewMs >= CLOCK_SKEW_MS_WARN
    ? warning("clock", `${seconds} s ${side} the service`, FIX)
    : ok("clock", "as the service's");
}
