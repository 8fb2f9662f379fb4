/**
 * A decoder beside the definition: every record goes through both, and any
 * difference is an error that shows the record.
 */
import assert from "node:assert/strict";
import type { JobPlan } from "../../../engine/job/plan.ts";
import { DEAD, type Decoder } from "../../../workers/decode/decoder.ts";
import { ExactDecoder } from "../../../workers/decode/exact_decoder_kernel.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";
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

/** The exact decoder, with scanners and by the walk alone, beside JSON.parse. */
export interface ExactTwins {
  readonly both: TwinDecoders;
  /** Records that scanners have taken. */
  scanned(): number;
}

export function exactTwins(plan: JobPlan): ExactTwins {
  let scanned = 0;
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
  const both = new TwinDecoders(plan, [
    new ExactDecoder({ plan, makeFunction: counting }),
    new ExactDecoder({ plan, makeFunction: undefined }),
  ]);
  return { both, scanned: () => scanned };
}
