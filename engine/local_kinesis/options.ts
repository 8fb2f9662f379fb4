/**
 * Options of the local Kinesis, checked and filled in.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import type { KeyPair } from "./auth/signature_verifier.ts";
import type { FaultSpec } from "./faults/fault_spec.ts";
import {
  ITERATOR_LIFE_MS_DEFAULT,
  MEMORY_BYTES_DEFAULT,
  MEMORY_BYTES_MIN,
  RECORD_BYTES_DEFAULT,
  RECORD_BYTES_MAX,
  SHARD_COUNT_MAX,
  SUBSCRIPTION_HOLD_MS_DEFAULT,
  SUBSCRIPTION_LIFE_MS_DEFAULT,
  SUBSCRIPTION_LIFE_MS_MAX,
} from "./limits.ts";

/** A stream that is there from the start. */
export interface InitialStream {
  readonly name: string;
  readonly shardCount: number;
}

/** Options for {@linkcode startLocalKinesis}. */
export interface LocalKinesisOptions {
  /** 0 for any free one. @default {0} */
  readonly port?: number;
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly host?: string;
  /** Region in ARNs. @default {"us-east-1"} */
  readonly region?: string;
  /** Account in ARNs, twelve digits. @default {"000000000000"} */
  readonly accountId?: string;
  /** Streams to begin with. @default {[]} */
  readonly streams?: readonly InitialStream[];
  /** Whether the service's throughput limits hold. @default {true} */
  readonly limits?: boolean;
  /** Memory for records, at least 64 MiB. @default {2147483648} */
  readonly memoryBytes?: number;
  /** How long a shard iterator can be used. @default {300000} */
  readonly iteratorLifeMs?: number;
  /**
   * Largest record, data and key, of a stream that names no other; 1 to
   * 10 MiB. @default {1048576}
   */
  readonly recordBytesMax?: number;
  /** How long a subscription to a shard lives. @default {300000} */
  readonly subscriptionLifeMs?: number;
  /**
   * How long after its start a subscription can't be taken over by another of
   * the same consumer. @default {5000}
   */
  readonly subscriptionHoldMs?: number;
  /**
   * How long creating, deleting and resharding a stream takes, and a consumer
   * likewise. @default {0}
   */
  readonly stateChangeMs?: number;
  /**
   * The only key pair to accept, or `"any"`. By default the environment's
   * `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or any if it has none;
   * {@linkcode SignatureVerifier} tells what is checked then.
   */
  readonly credentials?: KeyPair | "any";
  /** Faults to begin with. */
  readonly faults?: FaultSpec | undefined;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Gets the few lines worth telling a person. @default {() => {}} */
  readonly log?: (line: string) => void;
}

/** {@linkcode LocalKinesisOptions}, complete. */
export interface LocalKinesisSettings {
  readonly port: number;
  readonly host: string;
  readonly region: string;
  readonly accountId: string;
  readonly streams: readonly InitialStream[];
  readonly limits: boolean;
  readonly memoryBytes: number;
  readonly iteratorLifeMs: number;
  readonly recordBytesMax: number;
  readonly subscriptionLifeMs: number;
  readonly subscriptionHoldMs: number;
  readonly stateChangeMs: number;
  readonly keyPair: KeyPair | undefined;
  readonly faults: FaultSpec | undefined;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** The key pair of an environment, if it has one. */
function environmentPair(
  environment: Readonly<Record<string, string | undefined>>,
): KeyPair | undefined {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey };
}

function checkRange(
  name: string,
  value: number,
  [min, max]: readonly [number, number],
): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new RangeError(
    `Cannot start the local Kinesis as '${name}' must be a whole number from ${min} to ${max}: current value is ${value}`,
  );
}

function checkStreams(streams: readonly InitialStream[]): void {
  const names = new Set<string>();
  for (const { name, shardCount } of streams) {
    checkRange("shardCount", shardCount, [1, SHARD_COUNT_MAX]);
    if (!/^[\w.-]{1,128}$/.test(name) || names.has(name)) {
      throw new RangeError(
        `Cannot start the local Kinesis with a stream "${name}": a name has 1 to 128 letters, digits, "_", "." or "-", and is used once`,
      );
    }
    names.add(name);
  }
  const count = streams.reduce((sum, stream) => sum + stream.shardCount, 0);
  checkRange("shardCount of all streams", count, [0, SHARD_COUNT_MAX]);
}

/**
 * Checks options and fills in defaults.
 *
 * @throws {RangeError} If one is out of range.
 */
export function localKinesisSettings(
  options: LocalKinesisOptions,
): LocalKinesisSettings {
  const {
    port = 0,
    host = "127.0.0.1",
    region = "us-east-1",
    accountId = "000000000000",
    streams = [],
    limits = true,
    memoryBytes = MEMORY_BYTES_DEFAULT,
    iteratorLifeMs = ITERATOR_LIFE_MS_DEFAULT,
    recordBytesMax = RECORD_BYTES_DEFAULT,
    subscriptionLifeMs = SUBSCRIPTION_LIFE_MS_DEFAULT,
    subscriptionHoldMs = SUBSCRIPTION_HOLD_MS_DEFAULT,
    stateChangeMs = 0,
    credentials = environmentPair(process.env) ?? "any",
    faults,
    clock = systemClock,
    log = () => {},
  } = options;
  checkRange("port", port, [0, 65_535]);
  checkRange("memoryBytes", memoryBytes, [
    MEMORY_BYTES_MIN,
    Number.MAX_SAFE_INTEGER,
  ]);
  checkRange("iteratorLifeMs", iteratorLifeMs, [1, Number.MAX_SAFE_INTEGER]);
  checkRange("subscriptionLifeMs", subscriptionLifeMs, [
    1,
    SUBSCRIPTION_LIFE_MS_MAX,
  ]);
  checkRange("subscriptionHoldMs", subscriptionHoldMs, [
    0,
    Number.MAX_SAFE_INTEGER,
  ]);
  checkRange("recordBytesMax", recordBytesMax, [
    RECORD_BYTES_DEFAULT,
    RECORD_BYTES_MAX,
  ]);
  checkRange("stateChangeMs", stateChangeMs, [0, Number.MAX_SAFE_INTEGER]);
  checkStreams(streams);
  if (!/^\d{12}$/.test(accountId)) {
    throw new RangeError(
      `Cannot start the local Kinesis as 'accountId' must be twelve digits: current value is ${accountId}`,
    );
  }
  return {
    port,
    host,
    region,
    accountId,
    streams,
    limits,
    memoryBytes,
    iteratorLifeMs,
    recordBytesMax,
    subscriptionLifeMs,
    subscriptionHoldMs,
    stateChangeMs,
    keyPair: credentials === "any" ? undefined : credentials,
    faults,
    clock,
    log,
  };
}
