/**
 * Event lines as text: members in any order, keys with escapes, odd white
 * space, unknown and doubled fields. All of it is valid JSON and changes
 * nothing in what the event says.
 *
 * @module
 */
import { spellNumber } from "./number_spellings.ts";
import type { Random } from "./random.ts";
import { spellTime } from "./time_spellings.ts";
import type { Point } from "./trip_points.ts";

/** A member of an object: its key, unescaped, and its value as JSON text. */
export type Member = readonly [key: string, value: string];

/** A trip to write down. */
export interface Trip {
  readonly id: number;
  readonly pickup: Point;
  readonly dropoff: Point;
  readonly pickupMs: number;
  readonly dropoffMs: number;
}

/** The coordinates' names: the short spelling and the long one. */
export const COORDINATES = [
  ["pickup_lat", "pickup_latitude"],
  ["pickup_lon", "pickup_longitude"],
  ["dropoff_lat", "dropoff_latitude"],
  ["dropoff_lon", "dropoff_longitude"],
] as const;

/** A number as JSON text; infinities as numbers too large for a double. */
export function numberText(value: number, random: Random): string {
  if (Number.isFinite(value)) return spellNumber(value, random);
  const text = value > 0 ? "1e999" : "-1E+400";
  return random.chance(0.5) ? text : `"${text}"`;
}

/** Values that stand in unknown fields: traps for whoever skips them. */
const ODD_VALUES: readonly string[] = [
  "null",
  '""',
  "[]",
  "{}",
  '{"type":"watermark","watermark":"9999-12-31T23:59:59Z"}',
  '{"pickup_lat":0,"pickup_lon":0,"dropoff_datetime":"1970-01-01T00:00:00Z"}',
  '[{"a":[{"b":[[[[1,2],{"c":null}]]]}]},"]}",{"d":"}"}]',
  '"\\"type\\":\\"watermark\\""',
  '"\\\\"',
  '"\\\\\\""',
  '"{\\"type\\":\\"trip\\"}"',
  '"\\u0000\\u001f\\ud83d\\ude95 \\ud800 \\/ \\b\\f\\n\\r\\t"',
  '"\u{1f695} caf\u00e9 \u2028 \u007f"',
  "1e999",
  "-0",
  "0.1e-400",
  "123456789012345678901234567890",
  "[1,2.5,-3e+7,true,false,null]",
];

const ODD_KEYS = [
  "",
  "vendor",
  "passenger_count",
  "trip_distance",
  "pickup",
  "pickup_lat ",
  "Pickup_lat",
  "pickup_latitud",
  "__proto__",
  "constructor",
  "toString",
  "typ",
  "watermark",
  'qu"ote\\',
  "\u00fcber",
  "0",
] as const;

/** Some fields that the job doesn't know. */
function unknownMembers(random: Random): Member[] {
  const members: Member[] = [];
  const count = random.chance(0.6) ? 0 : random.whole(1, 4);
  for (let i = 0; i < count; i++) {
    members.push([random.pick(ODD_KEYS), random.pick(ODD_VALUES)]);
  }
  if (random.chance(0.002)) {
    members.push(["note", `"${"long text ".repeat(random.whole(50, 800))}"`]);
  }
  if (random.chance(0.001)) {
    const depth = random.whole(50, 600);
    members.push(["deep", "[".repeat(depth) + "]".repeat(depth)]);
  }
  return members;
}

/** One coordinate under the short name, the long one, or both. */
function coordinate(
  names: readonly [string, string],
  value: number,
  random: Random,
): Member[] {
  const [short, long] = names;
  const text = numberText(value, random);
  const roll = random.next();
  if (roll < 0.7) return [[short, text]];
  if (roll < 0.93) return [[long, text]];
  // Both: the short one wins, whatever the long one holds.
  const other = random.pick(["0", "null", '"x"', "{}", "-73.98", text]);
  return [
    [short, text],
    [long, other],
  ];
}

/** All members of a trip, in no particular order. */
export function tripMembers(trip: Trip, random: Random): Member[] {
  const values = [...trip.pickup, ...trip.dropoff];
  const members: Member[] = COORDINATES.flatMap((names, i) =>
    coordinate(names, values[i] as number, random),
  );
  members.push(["pickup_datetime", `"${spellTime(trip.pickupMs, random)}"`]);
  members.push(["dropoff_datetime", `"${spellTime(trip.dropoffMs, random)}"`]);
  members.push(["trip_id", String(trip.id)]);
  if (random.chance(0.9)) {
    // Not needed, so nothing wrong in it harms.
    const amount = random.pick(["12.5", '"7.00"', "null", '"n/a"', "-4"]);
    members.push(["total_amount", amount]);
  }
  members.push(...unknownMembers(random));
  return members;
}

/** A key as JSON text, now and then with an escape that changes nothing. */
function keyText(key: string, random: Random): string {
  const plain = JSON.stringify(key);
  if (key === "" || !random.chance(0.01)) return plain;
  const at = random.whole(0, key.length - 1);
  const code = key.charCodeAt(at).toString(16).padStart(4, "0");
  const quote = (text: string) => JSON.stringify(text).slice(1, -1);
  const hex = random.chance(0.5) ? code : code.toUpperCase();
  return `"${quote(key.slice(0, at))}\\u${hex}${quote(key.slice(at + 1))}"`;
}

function space(random: Random): string {
  let text = "";
  const length = random.whole(0, 3);
  for (let i = 0; i < length; i++) text += random.pick([" ", "\t", "\r"]);
  return text;
}

/**
 * Joins members to an object's text, in the order given.
 *
 * @param members Written as they come; a key may come twice.
 * @param random Decides about escapes in keys and about white space.
 */
export function objectText(members: readonly Member[], random: Random): string {
  const roll = random.next();
  const gap = () => (roll < 0.1 ? space(random) : "");
  const [comma, colon] = roll >= 0.1 && roll < 0.3 ? [", ", ": "] : [",", ":"];
  const texts = members.map(
    ([key, value]) =>
      `${gap()}${keyText(key, random)}${gap()}${colon}${gap()}${value}${gap()}`,
  );
  return `${gap()}{${texts.join(comma)}}${gap()}`;
}

/** Puts a wrong value before the right one of the same key: the last wins. */
function doubleSome(members: Member[], random: Random): Member[] {
  if (!random.chance(0.01)) return members;
  const [key] = random.pick(members);
  const wrong = random.pick(["null", "0", '"x"', "{}", "[1]", '"watermark"']);
  return [[key, wrong], ...members];
}

/** A good trip's line. */
export function tripText(trip: Trip, random: Random): string {
  const type = random.chance(0.01) ? '"tr\\u0069p"' : '"trip"';
  const members: Member[] = [["type", type], ...tripMembers(trip, random)];
  if (!random.chance(0.3)) random.shuffle(members);
  return objectText(doubleSome(members, random), random);
}
