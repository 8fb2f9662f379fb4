/**
 * Which faults the local Kinesis makes, when, and how often.
 *
 * @module
 */
import { z } from "zod";
import { FlagdropError } from "../../errors.ts";
import { FAULT_DELAY_MS_MAX, FAULT_RULE_COUNT_MAX } from "../limits.ts";

/**
 * The faults there are:
 * - `throttle`: the call is refused as exceeding the throughput;
 * - `500`: the call is refused with an internal failure;
 * - `slow`: the answer comes after `delayMs`;
 * - `cut`: the call is done, and the connection closed amid its answer;
 * - `garbled`: the call is done, and some bytes of its answer are others;
 * - `empty`: GetRecords gives nothing, stays where it is, and is behind;
 * - `lag`: GetRecords tells a lag of at least `delayMs`, whatever there is;
 * - `expired`: the iterator has expired;
 * - `hang`: nothing is done, and no answer ever comes.
 */
const FAULT_KINDS = [
  "throttle",
  "500",
  "slow",
  "cut",
  "garbled",
  "empty",
  "lag",
  "expired",
  "hang",
] as const;

/** One of them. */
export type FaultKind = (typeof FAULT_KINDS)[number];

const durationMs = z.number().int().min(0).max(FAULT_DELAY_MS_MAX);

const rule = z
  .strictObject({
    fault: z.enum(FAULT_KINDS),
    /** Names of the API, and SubscribeToShardEvent; all if left out. */
    operations: z.array(z.string().min(1).max(64)).min(1).max(64).optional(),
    probability: z.number().min(0).max(1).default(1),
    /** Since the rules were set. */
    afterMs: durationMs.default(0),
    /** How long it lasts; for ever if left out. */
    forMs: durationMs.min(1).optional(),
    /** From one beginning to the next; once if left out. */
    everyMs: durationMs.min(1).optional(),
    /** How often at most. */
    countMax: z.number().int().min(1).optional(),
    /** Of `slow` and `lag`. */
    delayMs: durationMs.default(1_000),
  })
  .refine((one) => one.everyMs === undefined || one.forMs !== undefined, {
    message: "everyMs needs forMs",
  });

const spec = z.strictObject({
  seed: z.number().int().min(0).default(0),
  rules: z.array(rule).max(FAULT_RULE_COUNT_MAX),
});

/** One rule. */
export type FaultRule = Readonly<z.output<typeof rule>>;

/** All rules; the first that strikes is the one. */
export type FaultSpec = Readonly<z.output<typeof spec>>;

function problem(what: string, cause?: unknown): FlagdropError {
  return new FlagdropError("FD_OPTION", `Cannot use the faults: ${what}`, {
    domain: "user",
    cause,
  });
}

/**
 * Checks a spec.
 *
 * @param value Parsed JSON.
 * @throws {FlagdropError} `FD_OPTION`, with the path of what is wrong.
 */
export function parseFaultSpec(value: unknown): FaultSpec {
  const result = spec.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw problem(`${path === "" ? "" : `${path}: `}${issue?.message}`);
}

const SHORT_REGEXP = /^([a-z0-9]+)(?::([0-9.]+))?(?:@([A-Za-z+]+))?$/;

function shortRule(text: string): unknown {
  const match = SHORT_REGEXP.exec(text.trim());
  if (match === null) {
    throw problem(
      `"${text}" is none: write fault:probability@Operation, such as throttle:0.1@GetRecords, or JSON`,
    );
  }
  const [, fault, probability, operations] = match;
  return {
    fault,
    ...(probability === undefined ? {} : { probability: Number(probability) }),
    ...(operations === undefined ? {} : { operations: operations.split("+") }),
  };
}

/**
 * Reads faults as a person writes them: JSON, or rules such as
 * `throttle:0.1@GetRecords+PutRecords`, with commas between them.
 *
 * @throws {FlagdropError} `FD_OPTION`.
 */
export function readFaultSpec(text: string): FaultSpec {
  if (!text.trimStart().startsWith("{")) {
    return parseFaultSpec({ rules: text.split(",").map(shortRule) });
  }
  try {
    return parseFaultSpec(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw problem(`they are no JSON: ${error.message}`, error);
  }
}
