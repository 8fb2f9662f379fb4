/**
 * Answers that are sent late, wrong, in part, or not at all.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { Fault } from "../faults/fault_switch.ts";
import { type AnyResponse, type Reply, sendReply } from "./exchange.ts";

/** Every so many bytes one is turned into another. */
const GARBLED_DISTANCE_BYTES = 97;

/** The same bytes but for some; the first and the last are always among them. */
export function garble(bytes: Buffer): Buffer {
  const garbled = Buffer.from(bytes);
  for (let at = 0; at < garbled.length; at += GARBLED_DISTANCE_BYTES) {
    garbled[at] = (garbled[at] ?? 0) ^ 0x5a;
  }
  const last = garbled.length - 1;
  if (last > 0) garbled[last] = (bytes[last] ?? 0) ^ 0x5a;
  return garbled;
}

/** Ends a connection, or an HTTP/2 stream, as if somebody had pulled a plug. */
export function cutOff(response: AnyResponse): void {
  if ("stream" in response) response.stream.destroy();
  else response.destroy();
}

/** Sends the head and half of the body, and ends the connection. */
function sendHalf(response: AnyResponse, reply: Reply): void {
  const body = Buffer.concat(reply.parts);
  response.writeHead(reply.status, {
    ...reply.headers,
    "content-length": String(body.length),
  });
  const half = body.subarray(0, body.length >> 1);
  if ("stream" in response) {
    response.stream.write(half, () => cutOff(response));
  } else response.write(half, () => cutOff(response));
}

/** Sends an answer with a fault. */
export async function sendFaulty(
  response: AnyResponse,
  reply: Reply,
  { fault, clock }: { readonly fault: Fault; readonly clock: Clock },
): Promise<void> {
  if (response.destroyed || response.writableEnded) return;
  switch (fault.kind) {
    case "slow":
      await clock.sleep(fault.delayMs);
      return sendReply(response, reply);
    case "garbled":
      return sendReply(response, {
        ...reply,
        parts: [garble(Buffer.concat(reply.parts))],
      });
    case "cut":
      return sendHalf(response, reply);
    default:
      // A hanging call: its connection stays until the client ends it.
      return;
  }
}
