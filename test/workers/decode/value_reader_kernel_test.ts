import fc from "fast-check";
import t from "tap";
import { parseTimeMs } from "../../../engine/job/time.ts";
import { ValueReader } from "../../../workers/decode/value_reader_kernel.ts";

const reader = new ValueReader();

/** Reads a whole text; NaN unless all of it was the value. */
function read(method: "number" | "time", text: string): number {
  const bytes = Buffer.from(text);
  const after = reader[method](bytes, 0, bytes.length);
  return after === bytes.length ? reader.value : Number.NaN;
}

const digit = fc.constantFrom(..."0123456789");
const text = (unit: fc.Arbitrary<string>, min: number, max: number) =>
  fc.string({ unit, minLength: min, maxLength: max });

t.test("ValueReader.number() reads what JSON.parse reads", async () => {
  const almost = fc
    .tuple(
      fc.constantFrom("", "-", "+", "0", "-0"),
      text(digit, 0, 20),
      fc.constantFrom("", ".", ".", ".."),
      text(digit, 0, 20),
      fc.constantFrom("", "", "e", "E-", "e+", "e-1"),
      text(digit, 0, 3),
    )
    .map((parts) => parts.join(""));
  const other = text(fc.constantFrom(..."0123456789+-.eE"), 0, 12);
  fc.assert(
    fc.property(fc.oneof(almost, other), fc.boolean(), (one, isQuoted) => {
      let expected = Number.NaN;
      try {
        expected = JSON.parse(one) as number;
      } catch {}
      const got = read("number", isQuoted ? `"${one}"` : one);
      return Object.is(got, expected);
    }),
    { numRuns: 20_000 },
  );
});

t.test("ValueReader.number() takes no other value", async (t) => {
  for (const one of [
    ...["", '"', '""', '"1', "null", "true", "[1]", "{}", '"1" ', '" 1"'],
    ...['"\\u0031"', "NaN", "Infinity", '"1e"', "1 ", " 1"],
  ]) {
    t.ok(Number.isNaN(read("number", one)), one);
  }
});

t.test("ValueReader.time() reads what parseTimeMs() reads", async () => {
  const two = text(digit, 2, 2);
  const time = fc
    .tuple(
      text(digit, 4, 4),
      fc.constantFrom("-01-", "-02-", "-12-", "-13-", "/01/"),
      fc.constantFrom("01", "28", "29", "31", "32"),
      fc.constantFrom("T", " ", "t", ""),
      fc.constantFrom("00", "23", "24", "1"),
      fc.oneof(two, fc.constant("59")).map((minute) => `:${minute}`),
      fc.oneof(
        two.map((second) => `:${second}`),
        fc.constantFrom("", ":", ":5"),
      ),
      fc.oneof(
        text(digit, 0, 11).map((f) => `.${f}`),
        fc.constant(""),
      ),
      fc.oneof(
        fc.constantFrom(
          "Z",
          "",
          "z",
          "+01:00",
          "-23:59",
          "+24:00",
          "+0100",
          "-",
        ),
        fc.tuple(two, two).map(([hour, minute]) => `-${hour}:${minute}`),
      ),
    )
    .map((parts) => parts.join(""));
  const changed = fc
    .tuple(time, fc.nat(30), fc.string({ maxLength: 1 }))
    .map(([one, at, by]) => one.slice(0, at) + by + one.slice(at + 1))
    .filter((one) => !/["\\]/.test(one));
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: time }, changed), (one) =>
      Object.is(read("time", `"${one}"`), parseTimeMs(one)),
    ),
    { numRuns: 20_000 },
  );
});

t.test("ValueReader stays inside the record", async (t) => {
  const bytes = Buffer.from('12.5"2016-01-01T00:00:00.123+01:00"');
  t.equal(reader.number(bytes, 0, 3), -1, "a point at the end");
  t.equal(reader.number(bytes, 0, 2), 2);
  t.equal(reader.value, 12);
  for (let end = 4; end < bytes.length; end++) {
    t.equal(reader.time(bytes, 4, end), -1, `${end}`);
  }
  t.equal(reader.time(bytes, 4, bytes.length), bytes.length);
});
