/**
 * Records of every form, valid or not, for a job.
 *
 * Texts are built as binary strings, one character a byte, so that wrong UTF-8
 * can stand in them.
 */
import fc from "fast-check";
import type { JobPlan } from "../../../engine/job/plan.ts";
import { fieldNames } from "../../../workers/decode/field_names.ts";

/** A text's UTF-8 bytes as a binary string. */
const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

/** Mostly the first, so that whole records are often valid. */
function mostly<T>(
  usual: fc.Arbitrary<T>,
  ...odd: readonly fc.Arbitrary<T>[]
): fc.Arbitrary<T> {
  const others = odd.map((arbitrary) => ({ weight: 1, arbitrary }));
  return fc.oneof({ weight: 80, arbitrary: usual }, ...others);
}

const digits = (min: number, max: number) =>
  fc.string({
    unit: fc.constantFrom(..."0123456789"),
    minLength: min,
    maxLength: max,
  });

/** What JSON's grammar allows, with many, few or odd digits. */
const validNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => String(x)),
  fc.double({ min: -180, max: 180, noNaN: true }).map((x) => String(x)),
  fc.double({ min: -180, max: 180, noNaN: true }).map((x) => x.toFixed(6)),
  fc.integer().map(String),
  fc
    .tuple(fc.constantFrom("", "-"), fc.nat(200), digits(1, 22))
    .map(([sign, whole, rest]) => `${sign}${whole}.${rest}`),
  fc
    .tuple(
      fc.constantFrom("1", "-40.7", "0", "9007199254740993", "73.5000"),
      fc.constantFrom("e", "E"),
      fc.constantFrom("", "+", "-"),
      digits(1, 3),
    )
    .map((parts) => parts.join("")),
  digits(15, 30).map((text) => `1${text}`),
  fc.constantFrom("0", "-0", "-0.0", "0e0", "1e400", "-1e400", "1e-400"),
);

const wrongNumber = fc.constantFrom(
  ...["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "--1", "1_0", "00"],
  ...["-01", "1.e5", "NaN", "Infinity", "-Infinity", "1.5.5", "1-2", "١"],
);

const numberText = mostly(
  fc.oneof(
    { weight: 3, arbitrary: validNumber },
    { weight: 1, arbitrary: validNumber.map((text) => `"${text}"`) },
  ),
  wrongNumber.map(utf8),
  wrongNumber.map((text) => utf8(`"${text}"`)),
  validNumber.map((text) => `" ${text}"`),
);

const two = (max: number, min = 0) =>
  fc.integer({ min, max }).map((value) => String(value).padStart(2, "0"));

const time = fc
  .record({
    year: fc.oneof(fc.constantFrom("2016", "2015", "1970"), digits(4, 4)),
    month: mostly(two(12, 1), two(13), fc.constant("02")),
    day: mostly(two(28, 1), two(31, 1), two(32)),
    separator: mostly(fc.constantFrom("T", "T", " "), fc.constant("t")),
    hour: mostly(two(23), two(24)),
    minute: mostly(two(59), two(60)),
    second: mostly(
      fc.oneof(two(59), two(59), two(60)).map((text) => `:${text}`),
      fc.constant(""),
      fc.constantFrom(":", ":5", ":005"),
    ),
    fraction: mostly(
      fc.oneof(
        fc.constantFrom(".000", "", ".5"),
        digits(1, 12).map((text) => `.${text}`),
      ),
      fc.constant("."),
    ),
    zone: mostly(
      fc.constantFrom("Z", "", "Z", "+00:00", "-05:00", "+23:59"),
      fc.constantFrom("+24:00", "z", "+0530", "-00:60"),
    ),
  })
  .map(
    ({ year, month, day, separator, hour, minute, second, fraction, zone }) =>
      `${year}-${month}-${day}${separator}${hour}:${minute}${second}${fraction}${zone}`,
  );

const timeText = mostly(
  fc.oneof(
    fc
      .integer({ min: 1_451_606_400_000, max: 1_451_700_000_000 })
      .map((ms) => `"${new Date(ms).toISOString()}"`),
    time.map((text) => `"${text}"`),
  ),
  fc.integer().map(String),
  time,
  time.map((text) => `"\\u0032${text.slice(1)}"`),
);

/** Inside of a string: escapes, controls, any bytes. */
const insideText = mostly(
  fc.oneof(
    fc
      .string({ maxLength: 12 })
      .map((s) => utf8(JSON.stringify(s).slice(1, -1))),
    fc
      .string({ unit: "binary", maxLength: 8 })
      .map((s) => utf8(JSON.stringify(s).slice(1, -1))),
    fc.constantFrom(
      ...[
        "\\n",
        "\\/",
        "\\u00e9",
        "\\ud800",
        "\x7f",
        "\xff",
        "\xc3",
        "\xe2\x82",
      ],
      ...["\xc3\xa9", "\xf0\x9f\x98\x80", "\xed\xa0\x80", ",", "}", "{["],
      '\\"type\\":\\"trip\\"',
    ),
  ),
  fc.string({ unit: "binary", maxLength: 8 }).map(utf8),
  fc.constantFrom("\\x", "\\u12", "\\", "\0", "\x1f", "\t", '":"', "\\ug000"),
);
const stringText = insideText.map((text) => `"${text}"`);

const nested = mostly(
  fc.oneof(
    fc.json({ maxDepth: 4 }).map(utf8),
    fc
      .json({ maxDepth: 3 })
      .map((text) => utf8(JSON.stringify(JSON.parse(text), undefined, 1))),
    fc
      .tuple(fc.nat(40), fc.constantFrom("[", '{"a":', '[{"":'))
      .map(([depth, open]) => {
        const close = open.includes("{") ? (open[0] === "[" ? "}]" : "}") : "]";
        return `${open.repeat(depth)}1${close.repeat(depth)}`;
      }),
    fc.constantFrom("[]", "{}", "[ ]", "{ }", "[[],{}]", '{"a":[{}],"b":{}}'),
  ),
  fc.constantFrom("[1,]", "[,1]", '{"a"}', '{"a":}', "{,}", "[", "]", "{a:1}"),
);

const wordText = mostly(
  fc.constantFrom("true", "false", "null"),
  fc.constantFrom("tru", "nulll", "True", "undefined", ""),
);

const anyText = fc.oneof(numberText, timeText, stringText, nested, wordText);

const spaceText = fc.oneof(
  { weight: 300, arbitrary: fc.constant("") },
  { weight: 60, arbitrary: fc.constantFrom(" ", "\n", "\r\n", "\t", "  ") },
  { weight: 1, arbitrary: fc.constantFrom("\xa0", "\v", "/**/", "\0") },
);

/** Spaces as one producer writes them: around commas and colons. */
const style = fc.oneof(
  { weight: 5, arbitrary: fc.constant([",", ":"] as const) },
  fc.constantFrom([", ", ": "] as const, [",\n  ", " : "] as const),
);

/** A name in quotes, sometimes with escapes in it. */
function keyText(name: string) {
  const escaped = [...name]
    .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
  return fc.oneof(
    { weight: 80, arbitrary: fc.constant(utf8(JSON.stringify(name))) },
    { weight: 1, arbitrary: fc.constant(`"${escaped}"`) },
    { weight: 1, arbitrary: fc.constant(utf8(`"${name}"`)) },
  );
}

/** Records made at once, of one layout and with values of their own. */
const FAMILY_RECORDS = 4;

/** A key, and its value in each record. */
type Member = readonly [key: string, values: readonly string[]];

const family = (value: fc.Arbitrary<string>) =>
  fc.array(value, { minLength: FAMILY_RECORDS, maxLength: FAMILY_RECORDS });

const member = (
  name: string,
  value: fc.Arbitrary<string>,
): fc.Arbitrary<Member> => fc.tuple(keyText(name), family(value));

/** Members of keys that the job may or may not know. */
function otherMember(plan: JobPlan): fc.Arbitrary<Member> {
  const known = [...fieldNames(plan), "toString", "__proto__", "constructor"];
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(stringText, family(anyText)) },
    {
      weight: 12,
      arbitrary: fc.tuple(
        fc.constantFrom('"vendor_id"', '"extra"', '"tip"', '""', '"a.b"'),
        family(anyText),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...known).chain((n) => member(n, anyText)),
    },
  );
}

/** The members that an event of a kind needs, in some spelling. */
function neededMembers(
  fields: JobPlan["events"][number]["fields"],
): fc.Arbitrary<readonly Member[]> {
  return fc.tuple(
    ...fields.map(({ type, from }) =>
      fc.constantFrom(from[0] ?? "", ...from).chain((name) =>
        member(
          name,
          fc.oneof(
            {
              weight: 20,
              arbitrary: type === "time" ? timeText : numberText,
            },
            { weight: 1, arbitrary: anyText },
          ),
        ),
      ),
    ),
  );
}

/** Members of one record, of any kind. */
function membersOf(plan: JobPlan): fc.Arbitrary<readonly Member[]> {
  const kinds = plan.events.map(({ kind, fields }) =>
    fc.tuple(
      member(plan.kindField, fc.constant(utf8(JSON.stringify(kind)))),
      neededMembers(fields),
    ),
  );
  const watermark = fc.tuple(
    member(plan.kindField, fc.constant(`"${plan.watermark.kind}"`)),
    member(plan.watermark.field, timeText).map((one) => [one]),
  );
  const other = fc.tuple(member(plan.kindField, anyText), fc.constant([]));
  return fc
    .tuple(
      fc.oneof(
        ...kinds.map((arbitrary) => ({ weight: 6, arbitrary })),
        { weight: 2, arbitrary: watermark },
        { weight: 1, arbitrary: other },
      ),
      fc.array(otherMember(plan), { maxLength: 5 }),
      fc.boolean(),
    )
    .chain(([[kind, needed], others, shuffles]) => {
      const members = [...needed, ...others, kind];
      return shuffles
        ? fc.shuffledSubarray(members, { minLength: members.length })
        : fc.constant(members);
    });
}

/** Some records of one layout. */
export function arbitraryRecords(
  plan: JobPlan,
): fc.Arbitrary<readonly Buffer[]> {
  return fc
    .record({
      members: membersOf(plan),
      style,
      spaces: fc.array(spaceText, { maxLength: 8 }),
      before: mostly(spaceText, fc.constant("\xef\xbb\xbf")),
      after: mostly(
        fc.constantFrom("\n", "", "\r\n", " \n\t"),
        fc.constantFrom(",", "}", "\0", "{}", "\xa0"),
      ),
    })
    .map(({ members, style: [comma, colon], spaces, before, after }) =>
      Array.from({ length: FAMILY_RECORDS }, (_, i) => {
        let next = 0;
        const space = () => spaces[next++] ?? "";
        const body = members
          .map(
            ([key, values]) => `${key}${space()}${colon}${space()}${values[i]}`,
          )
          .join(`${space()}${comma}`);
        return Buffer.from(
          `${before}{${space()}${body}${space()}}${after}`,
          "latin1",
        );
      }),
    );
}

/** The same record with some bytes changed, lost, doubled or cut off. */
export function damaged(record: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  return fc
    .tuple(record, at, fc.nat(255), fc.nat(4))
    .map(([bytes, share, byte, how]) => {
      const index = Math.floor(share * bytes.length);
      const [head, tail] = [bytes.subarray(0, index), bytes.subarray(index)];
      if (how === 0) return Buffer.from(head);
      const one = Buffer.from([byte]);
      if (how === 1) return Buffer.concat([head, one, tail.subarray(1)]);
      if (how === 2) return Buffer.concat([head, tail.subarray(1)]);
      if (how === 3) return Buffer.concat([head, one, tail]);
      return Buffer.concat([head, tail.subarray(0, byte), tail]);
    });
}
