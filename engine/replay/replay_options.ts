/**
 * What a replay is given, and what it gives back.
 *
 * @module
 */
import type { AwsConnection } from "../aws/connection.ts";
import type { Clock } from "../clock.ts";
import type { PutTransport } from "../kinesis/put_transport.ts";
import type { KinesisShard } from "../kinesis/shard.ts";
import type { AdaptTime } from "./adapt_time.ts";
import type { EventSource } from "./event_chunk.ts";
import type { JobForm } from "./job_form.ts";
import type { ReplayStatistics } from "./replay_statistics.ts";
import type { ResumeState, ResumeStore } from "./resume_file.ts";

/** Options for `startReplay`. */
export interface ReplayOptions {
  readonly connection: AwsConnection;
  /** Name or ARN. */
  readonly stream: string;
  readonly source: EventSource;
  /** Event time per real time; Infinity for as fast as it goes. @default {6480} */
  readonly speedup?: number;
  /** Pack events as the Kinesis Producer Library does. @default {false} */
  readonly aggregate?: boolean;
  /** Keep to 1 MiB/s and 1,000 records/s a shard. @default {true} */
  readonly pacing?: boolean;
  /** Events to send. @default {Infinity} */
  readonly limit?: number;
  /** Real time to run, ms. @default {Infinity} */
  readonly durationMs?: number;
  /** Leaves out events before this time, epoch ms. @default {-Infinity} */
  readonly seekMs?: number;
  /** Events that are read ahead, if they may be out of order. @default {65536} */
  readonly readAheadEvents?: number | undefined;
  /** Begins anew at the end, later by what the data span. @default {false} */
  readonly loop?: boolean;
  /** What becomes of the events' times. @default {"original"} */
  readonly adaptTime?: AdaptTime;
  /** Goes on from there, and keeps there how far it is. @default none */
  readonly resume?: ResumeStore;
  /** Sends watermark events. @default {whether the form's job reads them} */
  readonly watermarks?: boolean;
  /** How the job's events look. @default {TAXI_FORM} */
  readonly form?: JobForm;
  /** Real time between watermarks, ms. @default {5000} */
  readonly watermarkIntervalMs?: number;
  /** Real time between statistics, ms. @default {60000} */
  readonly statisticsIntervalMs?: number;
  /** Gets the statistics, and their line. @default {() => {}} */
  readonly onStatistics?: (statistics: ReplayStatistics, line: string) => void;
  /** Gets what is odd, a line each. @default {() => {}} */
  readonly onWarning?: (line: string) => void;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Uniform in [0, 1); for the jitter of repetitions. @default {Math.random} */
  readonly random?: () => number;
  /** The way to the service. @default HTTP */
  readonly transport?: PutTransport;
  /**
   * Largest record that the stream takes, bytes.
   *
   * @default what DescribeStreamSummary says; 1 MiB when `listShards` is given
   */
  readonly recordBytesMax?: number;
  /** The stream's shards. @default ListShards */
  readonly listShards?: () => Promise<readonly KinesisShard[]>;
}

/** Why a replay ended. */
export type ReplayEnd = "data" | "limit" | "stop";

/** A replay's last figures. */
export interface ReplaySummary extends ReplayStatistics {
  /** The end of the data, of `limit`, or `stop()` and `durationMs`. */
  readonly endedBy: ReplayEnd;
  /** The last line of statistics, with the rate of the whole replay. */
  readonly line: string;
}

/** A running replay. */
export interface Replay {
  /** What the run before has kept, if this one goes on from there. */
  readonly before: ResumeState | undefined;
  /**
   * Settles when the stream has taken everything.
   *
   * @throws {FlagdropError} When source or stream fail.
   */
  readonly finished: Promise<ReplaySummary>;
  /** Sends no more events; what was handed over is finished, for 5 s at most. */
  stop(): void;
  /** Figures of the moment. */
  stats(): ReplayStatistics;
}
