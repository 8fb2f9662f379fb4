/**
 * One request and its answer, over HTTP/1.1 or HTTP/2.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Writable } from "node:stream";

import type { Fault } from "../faults/fault_switch.ts";
import type { EventsAnswer } from "../wire/events_answer.ts";
import type { Wire } from "../wire/shape.ts";

/** A request of either protocol. */
export type AnyRequest = IncomingMessage | Http2ServerRequest;

/** A response of either protocol. */
export type AnyResponse = ServerResponse | Http2ServerResponse;

/** Takes requests. */
export type RequestListener = (
  request: AnyRequest,
  response: AnyResponse,
) => void;

/** An answer ready to be sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Not copied: must not change until they are sent. */
  readonly parts: readonly Buffer[];
  /** What its sending has. */
  readonly fault?: Fault | undefined;
}

/** An answer whose end isn't known when it begins. */
export interface EventReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: EventsAnswer;
  readonly wire: Wire;
  readonly fault?: Fault | undefined;
}

/** Sends an answer. Whoever has gone meanwhile just doesn't get it. */
export function sendReply(response: AnyResponse, reply: Reply): void {
  if (response.destroyed || response.writableEnded) return;
  const { parts } = reply;
  const length = parts.reduce((bytes, part) => bytes + part.length, 0);
  response.writeHead(reply.status, {
    ...reply.headers,
    "content-length": String(length),
  });
  const body: Writable = response;
  // One system call for head and parts. HTTP/2's response can't be corked.
  const canCork = "cork" in response;
  if (canCork) body.cork();
  for (const part of parts) body.write(part);
  body.end();
  if (canCork) body.uncork();
}
