/**
 * A stand-in for Amazon Kinesis on this machine: the service's API, limits
 * and errors, streams in memory.
 *
 * Not there: encryption, tags, changing a stream's mode, and the rate limits
 * of calls that don't touch records.
 *
 * @module
 */
export type { KeyPair } from "./auth/signature_verifier.ts";
export { type FaultSpec, readFaultSpec } from "./faults/fault_spec.ts";
export {
  type LocalKinesis,
  type LocalKinesisStats,
  startLocalKinesis,
} from "./local_kinesis.ts";
export type { LocalKinesisOptions } from "./options.ts";
