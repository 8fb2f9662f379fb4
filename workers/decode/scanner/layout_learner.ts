/**
 * Learns the layout of a record.
 *
 * @module
 */
import type { FieldPlan, JobPlan } from "../../../engine/job/plan.ts";
import { parseTimeMs } from "../../../engine/job/time.ts";
import { UNDECLARED, WATERMARK } from "../decoder.ts";
import { BYTE } from "../json_bytes.ts";
import { skipSpace, skipString, skipValue } from "../json_skip_kernel.ts";
import { LAYOUT_LITERAL_BYTES_MAX, LAYOUT_VALUES_MAX } from "../limits.ts";
import type {
  Layout,
  LayoutValue,
  NumberForm,
  Reading,
  SkippedShape,
  TimeForm,
} from "./layout.ts";

/** One member of a record's object. */
interface Member {
  readonly key: string;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The members of a record and where its closing brace stands. */
interface Outline {
  readonly members: readonly Member[];
  readonly closingBrace: number;
}

/** What a kind of record needs. */
interface Needs {
  readonly outcome: number;
  readonly fields: readonly FieldPlan[];
}

/** Milliseconds need a point and no more than this to be read at sight. */
const FRACTION_DIGITS_MAX = 9;

const NUMBER_FORM_REGEXP = /^-?(\d+)(?:\.(\d+))?/;

const TIME_FORM_REGEXP =
  /^"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d+))?(Z|[+-]\d\d:\d\d|)"$/;

/** The record's members, or undefined when they need JSON.parse. */
function outlineOf(
  bytes: Buffer,
  start: number,
  end: number,
): Outline | undefined {
  const members: Member[] = [];
  let at = skipSpace(bytes, start, end);
  if (bytes[at] !== BYTE.openBrace) return undefined;
  do {
    const keyStart = skipSpace(bytes, at + 1, end);
    if (bytes[keyStart] !== BYTE.quote) return undefined;
    const keyEnd = skipString(bytes, keyStart, end);
    const colon = keyEnd < 0 ? end : skipSpace(bytes, keyEnd, end);
    if (colon >= end || bytes[colon] !== BYTE.colon) return undefined;
    const valueStart = skipSpace(bytes, colon + 1, end);
    const valueEnd = skipValue(bytes, valueStart, end);
    if (valueEnd < 0 || members.length === LAYOUT_VALUES_MAX) return undefined;
    const key = bytes.toString("utf8", keyStart + 1, keyEnd - 1);
    members.push({ key, valueStart, valueEnd });
    at = skipSpace(bytes, valueEnd, end);
  } while (at < end && bytes[at] === BYTE.comma);
  const isWhole =
    at < end &&
    bytes[at] === BYTE.closeBrace &&
    skipSpace(bytes, at + 1, end) === end;
  const keys = members.map(({ key }) => key);
  // Of repeated keys the last counts, and escaped ones may be any key.
  const isPlain =
    new Set(keys).size === keys.length &&
    !keys.some((key) => key.includes("\\"));
  return isWhole && isPlain ? { members, closingBrace: at } : undefined;
}

function timeForm(text: string): TimeForm | undefined {
  const match = TIME_FORM_REGEXP.exec(text);
  if (match === null || Number.isNaN(parseTimeMs(text.slice(1, -1)))) {
    return undefined;
  }
  const [, separator = "T", fraction = "", zone = ""] = match;
  if (fraction.length > FRACTION_DIGITS_MAX) return undefined;
  const offsetMs = 0 - parseTimeMs(`1970-01-01T00:00${zone}`);
  return { separator, fractionDigits: fraction.length, zone, offsetMs };
}

/** Digits of a number; none of those in an exponent. */
function numberForm(text: string): NumberForm {
  const [, whole = "", fraction = ""] = NUMBER_FORM_REGEXP.exec(text) ?? [];
  return { wholeDigits: whole.length, fractionDigits: fraction.length };
}

function shapeOf(text: string): SkippedShape {
  if (text.startsWith('"')) return { type: "string" };
  return NUMBER_FORM_REGEXP.test(text)
    ? { type: "number", form: numberForm(text) }
    : { type: "other" };
}

/** Learns the layouts of a job's records. */
export class LayoutLearner {
  readonly #plan: JobPlan;

  constructor(plan: JobPlan) {
    this.#plan = plan;
  }

  /**
   * Learns a record's layout.
   *
   * @param bytes Buffer that holds it.
   * @param start Its first byte.
   * @param end One past its last byte.
   * @returns The layout, or undefined when a scanner for it would be wrong or
   * useless: the record is dead, or has escapes or repetitions among its keys.
   */
  learn(bytes: Buffer, start: number, end: number): Layout | undefined {
    const outline = outlineOf(bytes, start, end);
    if (outline === undefined) return undefined;
    const { members, closingBrace } = outline;
    const kindMember = members.find(({ key }) => key === this.#plan.kindField);
    const needs = kindMember && this.#needsOf(bytes, kindMember);
    if (needs === undefined) return undefined;
    const readings = this.#readings(bytes, members, needs);
    if (readings === undefined) return undefined;
    const values: LayoutValue[] = [];
    let literalStart = start;
    for (const member of members) {
      const { valueStart, valueEnd } = member;
      // The kind's own text belongs to the layout.
      if (member === kindMember) continue;
      values.push({
        literal: Uint8Array.from(bytes.subarray(literalStart, valueStart)),
        readings: readings.get(member) ?? [],
        shape: shapeOf(bytes.toString("latin1", valueStart, valueEnd)),
      });
      literalStart = valueEnd;
    }
    const closing = Uint8Array.from(
      bytes.subarray(literalStart, closingBrace + 1),
    );
    const literalBytes = values.reduce(
      (sum, { literal }) => sum + literal.length,
      closing.length,
    );
    if (literalBytes > LAYOUT_LITERAL_BYTES_MAX) return undefined;
    return { outcome: needs.outcome, values, closing };
  }

  #needsOf(bytes: Buffer, { valueStart, valueEnd }: Member): Needs | undefined {
    if (bytes[valueStart] !== BYTE.quote) return undefined;
    const kind = bytes.toString("utf8", valueStart + 1, valueEnd - 1);
    if (kind.includes("\\")) return undefined;
    const { events, watermark } = this.#plan;
    if (kind === watermark.kind) {
      const field = { slot: 0, type: "time", from: [watermark.field] } as const;
      return { outcome: WATERMARK, fields: [field] };
    }
    const index = events.findIndex((event) => event.kind === kind);
    return index < 0
      ? { outcome: UNDECLARED, fields: [] }
      : { outcome: index, fields: events[index]?.fields ?? [] };
  }

  /** What is read from which member; undefined when a field can't be. */
  #readings(
    bytes: Buffer,
    members: readonly Member[],
    { fields }: Needs,
  ): Map<Member, Reading[]> | undefined {
    const readings = new Map<Member, Reading[]>();
    for (const { slot, type, from } of fields) {
      const member = from
        .map((name) => members.find(({ key }) => key === name))
        .find((found) => found !== undefined);
      if (member === undefined || member.key === this.#plan.kindField) {
        return undefined;
      }
      const { valueStart, valueEnd } = member;
      const text = bytes.toString("latin1", valueStart, valueEnd);
      const reading: Reading =
        type === "time"
          ? { type, slot, form: timeForm(text) }
          : { type, slot, form: numberForm(text) };
      const others = readings.get(member);
      if (others === undefined) readings.set(member, [reading]);
      else others.push(reading);
    }
    return readings;
  }
}
