/**
 * Sends an event stream.
 *
 * @module
 */
import type { Writable } from "node:stream";
import type { Clock } from "../../clock.ts";
import type { FaultSwitch } from "../faults/fault_switch.ts";
import { FaultyOutput } from "../faults/faulty_output.ts";
import type { AnyResponse, EventReply } from "./exchange.ts";
import { cutOff, garble } from "./faulty_reply.ts";
import { ResponseOutput } from "./response_output.ts";

/** What {@linkcode sendEvents} works with. */
export interface SendEventsOptions {
  readonly faults: FaultSwitch;
  readonly clock: Clock;
}

/** Sends events until their end, or until the client has gone. */
export async function sendEvents(
  response: AnyResponse,
  reply: EventReply,
  options: SendEventsOptions,
): Promise<void> {
  const output = new ResponseOutput(response);
  const { fault } = reply;
  if (fault?.kind === "slow") await options.clock.sleep(fault.delayMs);
  if (output.isClosed) return;
  response.writeHead(200, reply.headers);
  if (fault?.kind === "cut") return cutOff(response);
  await reply.answer.run(
    new FaultyOutput(output, {
      ...options,
      wire: reply.wire,
      cut: () => cutOff(response),
      garble,
    }),
  );
  const body: Writable = response;
  if (!output.isClosed) body.end();
}
