/**
 * Decides, call by call, which fault strikes. The same seed, rules and calls
 * give the same faults.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { Random } from "../../replay/random.ts";
import type { FaultKind, FaultRule, FaultSpec } from "./fault_spec.ts";

/** A fault that strikes now. */
export interface Fault {
  readonly kind: FaultKind;
  readonly delayMs: number;
}

interface ArmedRule {
  readonly rule: FaultRule;
  readonly operations: ReadonlySet<string> | undefined;
  readonly random: Random;
  count: number;
}

const GET_RECORDS = new Set(["GetRecords"]);
/** Faults that only some operations can have. */
const ONLY: Partial<Record<FaultKind, ReadonlySet<string>>> = {
  empty: GET_RECORDS,
  expired: GET_RECORDS,
  lag: GET_RECORDS,
};

function isActive({ rule, count }: ArmedRule, passedMs: number): boolean {
  const { afterMs, forMs, everyMs, countMax } = rule;
  if (passedMs < afterMs || count >= (countMax ?? Infinity)) return false;
  const sinceMs = passedMs - afterMs;
  const inTurnMs = everyMs === undefined ? sinceMs : sinceMs % everyMs;
  return forMs === undefined || inTurnMs < forMs;
}

/** Off until it is set. */
export class FaultSwitch {
  readonly #clock: Clock;
  #spec: FaultSpec = { seed: 0, rules: [] };
  #rules: readonly ArmedRule[] = [];
  #setAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The rules, and how often each struck. */
  get state(): FaultSpec & { readonly counts: readonly number[] } {
    return { ...this.#spec, counts: this.#rules.map(({ count }) => count) };
  }

  /** Sets all rules anew; counts and schedules begin again. */
  set(spec: FaultSpec): void {
    this.#spec = spec;
    this.#setAtMs = this.#clock.monotonicMs();
    this.#rules = spec.rules.map((rule, index) => ({
      rule,
      operations: rule.operations && new Set(rule.operations),
      // One a rule, so that another rule more changes nothing in the others.
      random: new Random(spec.seed * 1_000 + index),
      count: 0,
    }));
  }

  /** The fault that strikes a call, if one does. */
  draw(operation: string): Fault | undefined {
    if (this.#rules.length === 0) return undefined;
    const passedMs = this.#clock.monotonicMs() - this.#setAtMs;
    for (const armed of this.#rules) {
      const { rule, operations } = armed;
      if (!(operations?.has(operation) ?? true)) continue;
      if (!(ONLY[rule.fault]?.has(operation) ?? true)) continue;
      if (!isActive(armed, passedMs)) continue;
      if (armed.random.unit() >= rule.probability) continue;
      armed.count++;
      return { kind: rule.fault, delayMs: rule.delayMs };
    }
    return undefined;
  }
}
