/**
 * Goal: no single byte that is changed, lost or added goes unnoticed. Method:
 * all of them, on records of every kind, with a scanner that knows the record
 * unchanged. `FLAGDROP_LONG=1` tries all 256 bytes at every place of all records.
 */
import t from "tap";
import { PLANS, RECORDS } from "./test_plans.ts";
import { exactTwins } from "./twin_decoders.ts";

const IS_LONG = process.env["FLAGDROP_LONG"] === "1";

/** Records on both sides: enough for a scanner to work in place. */
const NEIGHBOURS = 40;

for (const [name, plan] of Object.entries(PLANS)) {
  for (const [number, text] of (RECORDS[name] ?? []).entries()) {
    const whole = Buffer.from(text);
    const { length } = whole;

    /** Decoders that know the layout, and the record amid others like it. */
    function open() {
      const { both, scanned, run } = exactTwins(plan);
      both.decodeAll([whole, whole, whole]);
      const bytes = Buffer.concat(new Array<Buffer>(NEIGHBOURS).fill(whole));
      return { both, scanned, run, bytes };
    }

    t.test(
      `ExactDecoder agrees on every changed byte, ${name} ${number}`,
      async (t) => {
        const { both, scanned, run, bytes } = open();
        // Other bytes at each place, so that each byte meets every kind of place.
        const step = IS_LONG ? 1 : number === 0 ? 3 : 7;
        let tried = 0;
        for (let at = 0; at < length; at++) {
          for (let byte = at % step; byte < 256; byte += step) {
            bytes[length + at] = byte;
            both.decode(bytes, length, 2 * length);
            // The scanner stays in favour.
            both.decode(bytes, 0, length);
            tried++;
          }
          bytes[length + at] = whole[at] ?? 0;
        }
        t.ok(scanned() >= tried, `${scanned()} taken by scanners`);
        if (number === 0) t.ok(run() > tried / 4, `${run()} taken in runs`);
      },
    );

    t.test(
      `ExactDecoder agrees on every shortened record, ${name} ${number}`,
      async (t) => {
        const { both, scanned, bytes } = open();
        for (let less = 0; less <= length; less++) {
          // Cut off with the rest behind it, and at the end of the buffer.
          both.decode(bytes, length, 2 * length - less);
          both.decode(whole, 0, length - less);
          both.decode(bytes, length + less, 2 * length);
          both.decode(bytes, 0, length);
          both.decode(whole, 0, length);
        }
        t.ok(scanned() >= 2 * length, `${scanned()} taken by scanners`);
      },
    );

    t.test(
      `ExactDecoder agrees on every added byte, ${name} ${number}`,
      async (t) => {
        const { both, scanned } = open();
        const added = Buffer.from('" \n,:}{]0-.e\\\0\x7f\xff1tn', "latin1");
        for (let at = 0; at <= length; at++) {
          for (const byte of added) {
            const more = Buffer.concat([
              whole.subarray(0, at),
              Buffer.from([byte]),
              whole.subarray(at),
            ]);
            both.decodeAll([more, whole]);
          }
        }
        t.ok(
          scanned() >= added.length * length,
          `${scanned()} taken by scanners`,
        );
      },
    );
  }
}
