/**
 * Lines that cannot be decoded, and lines of kinds that nobody declared.
 *
 * @module
 */
import {
  COORDINATES,
  type Member,
  objectText,
  type Trip,
  tripMembers,
  tripText,
} from "./event_text.ts";
import { MALFORMED_NUMBERS, NUMBERS_NO_JSON } from "./number_spellings.ts";
import type { Random } from "./random.ts";
import { MALFORMED_TIMES } from "./time_spellings.ts";

/** Makes a line of one kind of damage from a trip. */
type Damage = (trip: Trip, random: Random) => string | Buffer;

const TIMES = ["pickup_datetime", "dropoff_datetime"] as const;

/** A trip whose member `key` (both spellings) is replaced; `null`: left out. */
function withMember(
  [trip, random]: readonly [Trip, Random],
  keys: readonly string[],
  replacement: readonly Member[],
): string {
  const members = tripMembers(trip, random).filter(
    ([name]) => !keys.includes(name),
  );
  members.push(["type", '"trip"'], ...replacement);
  return objectText(random.shuffle(members), random);
}

function withType(
  [trip, random]: readonly [Trip, Random],
  types: readonly string[],
): string {
  const members = tripMembers(trip, random).filter(([key]) => key !== "type");
  random.shuffle(members);
  for (const type of types) members.push(["type", type]);
  return objectText(members, random);
}

/** Cut before its last brace. */
function truncated(text: string, random: Random): string {
  return text.slice(0, random.whole(1, text.lastIndexOf("}")));
}

function rubbish(random: Random): Buffer {
  const bytes = Buffer.alloc(random.whole(1, 300));
  for (let i = 0; i < bytes.length; i++) {
    const byte = random.whole(0, 255);
    // No line feed: it would make two lines of one.
    bytes[i] = byte === 10 ? 11 : byte;
  }
  // No byte string starting so is JSON.
  bytes[0] = random.pick([0, 1, 0x7f, 0x80, 0xc3, 0xf0, 0xff]);
  return bytes;
}

/** Inserts bytes just before the first `"` that opens the text `marker`. */
function bytesBefore(text: string, marker: string, bytes: number[]): Buffer {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`Cannot damage line: it has no ${marker}`);
  return Buffer.concat([
    Buffer.from(text.slice(0, at)),
    Buffer.from(bytes),
    Buffer.from(text.slice(at)),
  ]);
}

function plainTrip(trip: Trip): string {
  const [pickupLat, pickupLon] = trip.pickup;
  const [dropoffLat, dropoffLon] = trip.dropoff;
  return JSON.stringify({
    type: "trip",
    trip_id: trip.id,
    pickup_lat: pickupLat,
    pickup_lon: pickupLon,
    dropoff_lat: dropoffLat,
    dropoff_lon: dropoffLon,
    pickup_datetime: new Date(trip.pickupMs).toISOString(),
    dropoff_datetime: new Date(trip.dropoffMs).toISOString(),
  });
}

/** Every way in which a line can fail to be an event. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  truncated: (trip, random) => truncated(tripText(trip, random), random),
  binaryRubbish: (_, random) => rubbish(random),
  emptyLine: () => "",
  blankLine: (_, random) => random.pick([" ", "\t", "\r", " \r", "  \t \r"]),
  byteOrderMark: (trip, random) => `\ufeff${tripText(trip, random)}`,
  foreignWhiteSpace: (trip, random) =>
    random.pick(["\u00a0", "\v", "\f", "\u2028", "\u0000", "\u3000"]) +
    tripText(trip, random),
  noObject: (_, random) =>
    random.pick([
      "[]",
      "123",
      "null",
      "true",
      '"trip"',
      '["trip"]',
      "-0",
      "{}",
    ]),
  twoTexts: (trip, random) =>
    `${tripText(trip, random)}${random.pick(["", " ", ","])}${plainTrip(trip)}`,
  inArray: (trip, random) => `[${tripText(trip, random)}]`,
  trailing: (trip, random) =>
    tripText(trip, random) +
    random.pick([",", "}", "]", ";", "x", "//", "\u0000", "\u00a0", "0"]),
  trailingComma: (trip) => plainTrip(trip).replace(/}$/, ",}"),
  missingComma: (trip) => plainTrip(trip).replace(',"', ' "'),
  missingColon: (trip) => plainTrip(trip).replace(":", " "),
  doubleComma: (trip) => plainTrip(trip).replace(",", ",,"),
  singleQuotes: (trip) => plainTrip(trip).replaceAll('"', "'"),
  bareKey: (trip) => plainTrip(trip).replace('"trip_id"', "trip_id"),
  comment: (trip) => plainTrip(trip).replace("{", "{/* a */"),
  controlCharacter: (trip, random) =>
    plainTrip(trip).replace(
      "{",
      `{"note":"a${random.pick(["\t", "\r", "\u0001", "\u001f"])}b",`,
    ),
  badEscape: (trip, random) =>
    plainTrip(trip).replace(
      "{",
      `{"note":"${random.pick(["\\x", "\\u12", "\\u12g4", "\\'", "\\U0041"])}",`,
    ),
  noJsonNumber: (trip, random) =>
    withMember(
      [trip, random],
      ["passengers"],
      [["passengers", random.pick(NUMBERS_NO_JSON)]],
    ),
  noJsonCoordinate: (trip, random) => {
    const names = random.pick(COORDINATES);
    const text = random.pick(NUMBERS_NO_JSON);
    return withMember([trip, random], names, [[names[0], text]]);
  },
  badUtf8Key: (trip) =>
    bytesBefore(plainTrip(trip), "pickup_lon", [0xe2, 0x82]),
  badUtf8Structure: (trip, random) =>
    bytesBefore(plainTrip(trip), '"pickup_lon', [random.pick([0x80, 0xff])]),
  badUtf8Time: (trip) =>
    bytesBefore(plainTrip(trip), '","dropoff_datetime', [0xff]),
  badUtf8Cut: (trip) =>
    Buffer.concat([Buffer.from(plainTrip(trip)), Buffer.from([0xc3])]),
  typeMissing: (trip, random) => withType([trip, random], []),
  typeNoString: (trip, random) =>
    withType(
      [trip, random],
      [random.pick(["null", "1", "true", "{}", "[]", '["trip"]', "0"])],
    ),
  typeOverwritten: (trip, random) =>
    withType([trip, random], ['"trip"', random.pick(["null", "7"])]),
  coordinateMissing: (trip, random) =>
    withMember([trip, random], random.pick(COORDINATES), []),
  coordinateMalformed: (trip, random) => {
    const names = random.pick(COORDINATES);
    const value = random.pick(MALFORMED_NUMBERS);
    return withMember([trip, random], names, [[random.pick(names), value]]);
  },
  shortMalformed: (trip, random) => {
    const names = random.pick(COORDINATES);
    // Often null: it is there, and so it counts.
    const value = random.chance(0.3) ? "null" : random.pick(MALFORMED_NUMBERS);
    const members: Member[] = [
      [names[0], value],
      [names[1], "40.75"],
    ];
    return withMember([trip, random], names, random.shuffle(members));
  },
  timeMissing: (trip, random) =>
    withMember([trip, random], [random.pick(TIMES)], []),
  timeMalformed: (trip, random) => {
    const key = random.pick(TIMES);
    return withMember(
      [trip, random],
      [key],
      [[key, random.pick(MALFORMED_TIMES)]],
    );
  },
  doubledTheWrongWay: (trip, random) =>
    `${plainTrip(trip).slice(0, -1)},"${random.pick([
      "pickup_lat",
      "dropoff_lon",
      "pickup_datetime",
    ])}":${random.pick(["null", "{}", '""', "[0]"])}}`,
  watermarkWithoutTime: (_, random) =>
    objectText([["type", '"watermark"']], random),
  watermarkMalformed: (_, random) =>
    objectText(
      random.shuffle<Member>([
        ["type", '"watermark"'],
        ["watermark", random.pick(MALFORMED_TIMES)],
      ]),
      random,
    ),
};

/** Kinds that the job doesn't declare, traps of JavaScript among them. */
const UNDECLARED_KINDS = [
  "fare",
  "refund",
  "Trip",
  "TRIP",
  "trip ",
  " trip",
  "trips",
  "tri",
  "",
  "Watermark",
  "watermark2",
  "constructor",
  "toString",
  "hasOwnProperty",
  "__proto__",
  "undefined",
  "null",
  "trip\u0000",
  "\ufefftrip",
  "tr\u0131p",
] as const;

/** A well-formed event that the job has no use for. */
export function undeclaredText(trip: Trip, random: Random): string {
  const kind = JSON.stringify(random.pick(UNDECLARED_KINDS));
  const roll = random.next();
  if (roll < 0.3) return withType([trip, random], [kind]);
  // Its other fields don't matter.
  const members: Member[] = [
    ["type", kind],
    ["pickup_lat", random.pick(MALFORMED_NUMBERS)],
    ["watermark", random.pick(MALFORMED_TIMES)],
  ];
  return objectText(random.shuffle(members), random);
}

/** Bytes that are no UTF-8, where they only spoil a text nobody reads. */
export function badUtf8Note(trip: Trip): Buffer {
  const text = plainTrip(trip).replace("{", '{"note":"caf","n":1,');
  return bytesBefore(text, '","n"', [0xe9, 0xf0, 0x9f, 0x80]);
}

/** A kind spoilt by such bytes: another kind, nothing undecodable. */
export function badUtf8Kind(trip: Trip): Buffer {
  const text = plainTrip(trip).replace(
    '"trip","trip_id',
    '"trip","x":0,"trip_id',
  );
  return bytesBefore(text, '","x"', [0xff]);
}
