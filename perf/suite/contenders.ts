/**
 * Contenders that take turns: whatever else happens on the machine happens to
 * all of them alike.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ContenderSpec } from "../contender.ts";
import type { RoundFigures } from "./meter.ts";
import { type Spread, spreadOf } from "./samples.ts";

/**
 * Rounds before those that count, when nobody says how many. In them code is
 * compiled, in threads of its own that count as the process' time: a tenth of it
 * until the tenth round of a million events.
 */
const WARM_UP_ROUNDS = 10;
/** For what looks at large differences only. */
const BRIEF_WARM_UP_ROUNDS = 4;

const MODULE = fileURLToPath(new URL("../contender.js", import.meta.url));

/** The engine's name among contenders. */
export const OURS = "flagdrop";

/** How many rounds, and who takes part. */
export interface Contest {
  readonly specs: Readonly<Record<string, ContenderSpec>>;
  readonly rounds: number;
  /** Whether the documents are compared, in the first round. */
  readonly compares: boolean;
  /** Whether few rounds before those that count are enough. @default {false} */
  readonly isBrief?: boolean;
  /** How much shorter a round is than a usual one. @default {1} */
  readonly roundShare?: number;
}

/** A contender's rounds in their order. */
export type Rounds = Record<string, RoundFigures[]>;

async function answer<T>(child: ChildProcess, name: string): Promise<T> {
  const ended = new AbortController();
  const { signal } = ended;
  const [value] = await Promise.race([
    once(child, "message", { signal }),
    once(child, "exit", { signal }).then(([code, by]) => {
      throw new Error(`Cannot measure ${name} as it has ended: ${code ?? by}`);
    }),
  ]).finally(() => ended.abort());
  return value as T;
}

/** Runs a contest. */
export async function contest({
  specs,
  rounds,
  compares,
  isBrief = false,
  roundShare = 1,
}: Contest): Promise<Rounds> {
  const children = new Map<string, ChildProcess>();
  const results: Rounds = {};
  const warmUp = Math.ceil(
    (isBrief ? BRIEF_WARM_UP_ROUNDS : WARM_UP_ROUNDS) / roundShare,
  );
  try {
    for (const [name, spec] of Object.entries(specs)) {
      const child = fork(MODULE, [JSON.stringify(spec)]);
      children.set(name, child);
      results[name] = [];
      await answer(child, name);
    }
    for (let round = 0; round < warmUp + rounds; round++) {
      for (const [name, child] of children) {
        child.send(compares && round === 0);
        const figures = await answer<RoundFigures>(child, name);
        if (compares && round === 0) agree(results, name, figures);
        if (round >= warmUp) results[name]?.push(figures);
      }
    }
    return results;
  } finally {
    for (const child of children.values()) child.disconnect();
  }
}

const digests = new WeakMap<Rounds, { name: string; digest: string }>();

/** The first contender's documents are what the others must have. */
function agree(results: Rounds, name: string, { digest }: RoundFigures): void {
  const first = digests.get(results);
  if (first === undefined) digests.set(results, { name, digest });
  else if (first.digest !== digest) {
    throw new Error(
      `Cannot compare ${name} with ${first.name} as their documents differ`,
    );
  }
}

/** Events a second of each round. */
export function rates(rounds: readonly RoundFigures[]): number[] {
  return rounds.map(({ events, wallMs }) => (events / wallMs) * 1_000);
}

/** CPU seconds per million events of each round. */
export function costs(rounds: readonly RoundFigures[]): number[] {
  return rounds.map(({ events, cpuMs }) => (cpuMs / events) * 1_000);
}

/** How many times more a peer's rounds take than ours, round by round. */
export function ratios(
  found: Rounds,
  name: string,
  of: (rounds: readonly RoundFigures[]) => number[],
): Spread {
  const ours = of(found[OURS] ?? []);
  const theirs = of(found[name] ?? []);
  return spreadOf(theirs.map((value, i) => value / (ours[i] ?? Number.NaN)));
}
