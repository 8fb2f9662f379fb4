/**
 * Between the demo and the thread that plays the outside world for it: a local
 * Kinesis, and a replay that fills its stream.
 *
 * @module
 */
import type { ErrorCode, ErrorDomain } from "../errors.ts";
import type { JobSpec } from "../job/spec.ts";

/** What the thread is started with. */
export interface DemoSourceStart {
  readonly stream: string;
  readonly shardCount: number;
  /** Memory for the stream's records, bytes. */
  readonly memoryBytes: number;
  /** Event time that passes in a second. */
  readonly speedup: number;
  /** Time between watermark events, ms. */
  readonly watermarkIntervalMs: number;
  /** The same seed gives the same trips. */
  readonly seed: number;
  /** The job that events are made for; undefined for taxi trips. */
  readonly job: JobSpec | undefined;
}

/** Ends the replay; what was put is then told in `ended`. */
interface DemoSourceStopMessage {
  readonly type: "stop";
}

/** To the thread. */
export type DemoSourceCommand = DemoSourceStopMessage;

/** The stream is there. */
export interface DemoSourceReadyMessage {
  readonly type: "ready";
  /** Address of the local Kinesis. */
  readonly endpoint: string;
}

/** The replay has ended because it was told to. */
export interface DemoSourceEndedMessage {
  readonly type: "ended";
  /** Trips put into the stream. */
  readonly events: number;
  /** How far event time was behind the speedup asked for, ms. */
  readonly lagMs: number;
}

/** The thread can't go on. */
interface DemoSourceFailureMessage {
  readonly type: "failure";
  readonly code: ErrorCode;
  readonly domain: ErrorDomain;
  readonly message: string;
}

/** From the thread. */
export type DemoSourceMessage =
  | DemoSourceReadyMessage
  | DemoSourceEndedMessage
  | DemoSourceFailureMessage;
