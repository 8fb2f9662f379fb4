/**
 * The answer of an operation that goes on: a series of messages.
 *
 * @module
 */
import type { ServiceError } from "../service_error.ts";
import { type Answer, encodeAnswer, encodeError } from "./answer.ts";
import { encodeEventMessage } from "./event_message.ts";
import { CONTENT_TYPE } from "./request_wire.ts";
import type { Wire } from "./shape.ts";

/** Where messages go. */
export interface EventOutput {
  /** Whether nobody listens any more. */
  readonly isClosed: boolean;
  /** Adds what is called once when nobody listens any more. */
  onClose(listener: () => void): void;
  /** Resolves when there is room for another message. */
  write(message: Buffer): Promise<void>;
}

/** An answer whose messages come as they do. */
export class EventsAnswer {
  /** Writes all messages; its end is the answer's. */
  readonly run: (output: EventOutput) => Promise<void>;

  constructor(run: (output: EventOutput) => Promise<void>) {
    this.run = run;
  }
}

/** A message that carries an event. */
export function eventMessage(type: string, answer: Answer, wire: Wire): Buffer {
  return encodeEventMessage(
    {
      ":message-type": "event",
      ":event-type": type,
      ":content-type": CONTENT_TYPE[wire],
    },
    encodeAnswer(answer, wire),
  );
}

/** A message that tells why there are no more. */
export function exceptionMessage(error: ServiceError, wire: Wire): Buffer {
  return encodeEventMessage(
    {
      ":message-type": "exception",
      ":exception-type": error.type,
      ":content-type": CONTENT_TYPE[wire],
    },
    [encodeError(error, wire)],
  );
}
