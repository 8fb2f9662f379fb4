/**
 * Ways to write an instant in an event, and texts that only look like one.
 *
 * @module
 */
import type { Random } from "./random.ts";

/** JSON texts that are no time. */
export const MALFORMED_TIMES: readonly string[] = [
  "null",
  "true",
  "{}",
  "[]",
  '["2016-01-01T00:00:00Z"]',
  "1451606400000",
  "1451606400",
  '""',
  '" "',
  '"1451606400000"',
  '"2016"',
  '"2016-01"',
  '"2016-01-01"',
  '"2016-01-01T"',
  '"2016-01-01T00"',
  '"2016-01-01T00Z"',
  '"2016-01-01Z"',
  '"2016-13-01T00:00:00Z"',
  '"2016-00-01T00:00:00Z"',
  '"2016-01-00T00:00:00Z"',
  '"2016-01-32T00:00:00Z"',
  '"2016-02-30T00:00:00Z"',
  '"2015-02-29T00:00:00Z"',
  '"1900-02-29T00:00:00Z"',
  '"2100-02-29T00:00:00Z"',
  '"2016-04-31T00:00:00Z"',
  '"2016-06-31 00:00"',
  '"2016-01-01T24:00:00Z"',
  '"2016-01-01T24:00"',
  '"2016-01-01T23:60:00Z"',
  '"2016-01-01T23:59:60Z"',
  '"2016-12-31T23:59:60.5Z"',
  '"2016-1-01T00:00:00Z"',
  '"2016-01-1T00:00:00Z"',
  '"2016-01-01T0:00:00Z"',
  '"2016-01-01T00:0:00Z"',
  '"2016-01-01T00:00:0Z"',
  '"16-01-01T00:00:00Z"',
  '"02016-01-01T00:00:00Z"',
  '"+002016-01-01T00:00:00Z"',
  '"-002016-01-01T00:00:00Z"',
  '"-2016-01-01T00:00:00Z"',
  '"2016/01/01T00:00:00Z"',
  '"20160101T000000Z"',
  '"2016-01-01t00:00:00Z"',
  '"2016-01-01T00:00:00z"',
  '"2016-01-01_00:00:00Z"',
  '"2016-01-01  00:00:00Z"',
  '"2016-01-01\\t00:00:00Z"',
  '"2016-01-0100:00:00Z"',
  '" 2016-01-01T00:00:00Z"',
  '"2016-01-01T00:00:00Z "',
  '"2016-01-01T00:00:00Z\\n"',
  '"2016-01-01T00:00:00 Z"',
  '"2016-01-01T00:00:00.Z"',
  '"2016-01-01T00:00:00."',
  '"2016-01-01T00:00.5Z"',
  '"2016-01-01T00:00:00,5Z"',
  '"2016-01-01T00:00:00.5.5Z"',
  '"2016-01-01T00:00:00.-5Z"',
  '"2016-01-01T00:00:Z"',
  '"2016-01-01T00:00:00+5"',
  '"2016-01-01T00:00:00+05"',
  '"2016-01-01T00:00:00+0500"',
  '"2016-01-01T00:00:00+5:00"',
  '"2016-01-01T00:00:00+05:0"',
  '"2016-01-01T00:00:00+24:00"',
  '"2016-01-01T00:00:00-99:99"',
  '"2016-01-01T00:00:00+05:60"',
  '"2016-01-01T00:00:00Z+05:00"',
  '"2016-01-01T00:00:00\u221205:00"',
  '"2016-01-01T00:00:00 EST"',
  '"2016-01-01T00:00:00[UTC]"',
  '"Fri Jan 01 2016 00:00:00 GMT"',
  '"01/01/2016 00:00:00"',
  '"201\u0666-01-01T00:00:00Z"',
  '"\uff12\uff10\uff11\uff16-01-01T00:00:00Z"',
  '"now"',
  '"YYYY-MM-DDThh:mm:ssZ"',
];

const OFFSETS = [
  "+00:00",
  "-00:00",
  "-05:00",
  "-04:00",
  "+05:30",
  "+01:00",
  "+12:45",
  "+14:00",
  "-12:00",
  "+23:59",
  "-23:59",
] as const;

const MINUTE_MS = 60_000;

function offsetMs(offset: string): number {
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  const size = (hours * 60 + minutes) * MINUTE_MS;
  return offset.startsWith("-") ? -size : size;
}

/** Fraction digits that are cut off to `ms`; `""` for none. */
function fraction(ms: number, random: Random): string {
  const three = String(ms).padStart(3, "0");
  const roll = random.next();
  if (ms === 0 && roll < 0.5) return "";
  if (roll < 0.7) return `.${three}`;
  if (roll < 0.8) return `.${three.replace(/0{1,2}$/, "")}`;
  const more = random.pick(["0", "9", "999", "999999", "500000", "123456789"]);
  return `.${three}${more}`;
}

/** What follows the minutes. */
function seconds(timeMs: number, random: Random): string {
  const ms = ((timeMs % 1_000) + 1_000) % 1_000;
  const second = new Date(timeMs).getUTCSeconds();
  if (second === 0 && ms === 0 && random.chance(0.4)) return "";
  return `:${String(second).padStart(2, "0")}${fraction(ms, random)}`;
}

/**
 * Writes an instant in one of the accepted forms, without quotes.
 *
 * @param timeMs Epoch ms, within the years 1 to 9998.
 * @param random Decides the form.
 */
export function spellTime(timeMs: number, random: Random): string {
  const roll = random.next();
  if (roll < 0.5) return new Date(timeMs).toISOString();
  const zone =
    roll < 0.6 ? "" : roll < 0.75 ? "Z" : (random.pick(OFFSETS) as string);
  const shift = zone.length > 1 ? offsetMs(zone) : 0;
  const local = new Date(timeMs + shift).toISOString();
  const separator = random.chance(0.5) ? "T" : " ";
  const date = local.slice(0, 10);
  const minutes = local.slice(11, 16);
  return `${date}${separator}${minutes}${seconds(timeMs, random)}${zone}`;
}
