import fc from "fast-check";
import t from "tap";
import { ByteNames } from "../../../workers/decode/byte_names_kernel.ts";

t.test("ByteNames.find() finds its names and no others", async () => {
  const name = fc.string({
    unit: fc.constantFrom(..."abé☂"),
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 20 }),
      fc.array(fc.oneof(name, fc.constant("")), { maxLength: 20 }),
      fc.nat(5),
      (names, others, start) => {
        const set = new ByteNames(names);
        return [...names, ...others].every((one) => {
          const bytes = Buffer.from(`${"x".repeat(start)}${one}y`);
          const index = set.find(bytes, start, bytes.length - 1);
          return index === names.indexOf(one);
        });
      },
    ),
    { numRuns: 500 },
  );
});

t.test("ByteNames.find() tells names of one length apart", async (t) => {
  const names = ["pickup_latitude", "pickup_datetime", "pickup_lat"];
  const set = new ByteNames(names);
  for (const [index, one] of names.entries()) {
    t.equal(set.find(Buffer.from(one), 0, one.length), index);
  }
  t.equal(set.find(Buffer.from("pickup_latxtude"), 0, 15), -1);
});
