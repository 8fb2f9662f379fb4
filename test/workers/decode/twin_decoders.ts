/**
 * A decoder beside the definition: every record goes through both, and any
 * difference is an error that shows the record.
 */
import assert from "node:assert/strict";
import type { JobPlan } from "../../../engine/job/plan.ts";
import { DEAD, type Decoder } from "../../../workers/decode/decoder.ts";
import { ExactDecoder } from "../../../workers/decode/exact_decoder_kernel.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";
import { RunMemory } from "../../../workers/decode/runs/run_memory.ts";
import {
  type MakeFunction,
  makeFunction,
  type Scanner,
} from "../../../workers/decode/scanner/scanner_kernel.ts";

/** Everything a decoder says about the record just decoded. */
function resultOf(decoder: Decoder, outcome: number): unknown[] {
  const rows = decoder.events[outcome];
  return [
    outcome,
    outcome === DEAD ? decoder.reason : undefined,
    decoder.watermarkMs,
    ...(rows?.columns.map((column) => column[rows.count]) ?? []),
  ];
}

/** Counts a row as its user does, and empties full batches. */
function countRow(decoder: Decoder, outcome: number): void {
  const rows = decoder.events[outcome];
  if (rows === undefined) return;
  rows.count++;
  if (rows.full) rows.count = 0;
}

export class TwinDecoders {
  readonly #judge: JsonDecoder;
  readonly #decoders: readonly Decoder[];
  /** How often each outcome came, to see that a test tests something. */
  readonly outcomes = new Map<number, number>();

  constructor(plan: JobPlan, decoders: readonly Decoder[]) {
    this.#judge = new JsonDecoder(plan);
    this.#decoders = decoders;
  }

  /** Decodes by all and compares; gives the outcome. */
  decode(bytes: Buffer, start = 0, end = bytes.length): number {
    const outcome = this.#judge.decode(bytes, start, end);
    const expected = resultOf(this.#judge, outcome);
    for (const decoder of this.#decoders) {
      const got = resultOf(decoder, decoder.decode(bytes, start, end));
      if (!expected.every((value, i) => Object.is(value, got[i]))) {
        const record = bytes.toString("latin1", start, end);
        assert.deepEqual(got, expected, JSON.stringify(record));
        assert.fail(`-0 for 0 in ${JSON.stringify(record)}`);
      }
      countRow(decoder, outcome);
    }
    countRow(this.#judge, outcome);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    return outcome;
  }

  /** Decodes records that lie one behind the other in one buffer. */
  decodeAll(records: readonly Buffer[], between = "\n"): void {
    const gap = Buffer.from(between);
    const bytes = Buffer.concat(records.flatMap((record) => [record, gap]));
    let start = 0;
    for (const { length } of records) {
      this.decode(bytes, start, start + length);
      start += length + gap.length;
    }
  }
}

/** Decodes by runs of one record where it can. */
class OneByOne implements Decoder {
  readonly #decoder: Decoder;
  readonly #onRun: () => void;
  runKind = DEAD;

  constructor(decoder: Decoder, onRun: () => void) {
    this.#decoder = decoder;
    this.#onRun = onRun;
  }

  get events() {
    return this.#decoder.events;
  }

  get watermarkMs() {
    return this.#decoder.watermarkMs;
  }

  get reason() {
    return this.#decoder.reason;
  }

  begin(): void {}

  decodeRun(): number {
    return 0;
  }

  decode(bytes: Buffer, start: number, end: number): number {
    const [starts, ends] = [Uint32Array.of(start), Uint32Array.of(end)];
    this.#decoder.begin({ bytes, starts, ends, count: 1 });
    if (this.#decoder.decodeRun(0) === 0) {
      return this.#decoder.decode(bytes, start, end);
    }
    this.#onRun();
    const { runKind } = this.#decoder;
    const rows = this.events[runKind];
    // It is counted by who compares it.
    if (rows !== undefined) rows.count--;
    return runKind;
  }
}

/**
 * The exact decoder, with scanners, by the walk alone, and by runs, beside JSON.parse.
 */
export interface ExactTwins {
  readonly both: TwinDecoders;
  /** Records that scanners have taken. */
  scanned(): number;
  /** Records that were taken as runs. */
  run(): number;
}

/**
 * Opens them.
 *
 * @param plan The job.
 * @param runSamples Records that the form of runs is learnt from.
 */
export function exactTwins(plan: JobPlan, runSamples = 1): ExactTwins {
  let scanned = 0;
  let run = 0;
  const counting: MakeFunction = (parameters, body) => {
    const make = makeFunction(parameters, body);
    return (...given): Scanner => {
      const scan = make(...given) as Scanner;
      return (...record) => {
        const isTaken = scan(...record);
        if (isTaken) scanned++;
        return isTaken;
      };
    };
  };
  const runMemory = RunMemory.open(plan);
  const running = new ExactDecoder({
    plan,
    makeFunction,
    runMemory,
    runSamples,
  });
  const both = new TwinDecoders(plan, [
    new OneByOne(running, () => run++),
    new ExactDecoder({
      plan,
      makeFunction: counting,
      runMemory: undefined,
    }),
    new ExactDecoder({
      plan,
      makeFunction: undefined,
      runMemory: undefined,
    }),
  ]);
  return { both, scanned: () => scanned, run: () => run };
}
