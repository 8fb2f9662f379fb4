import t from "tap";
import { parseTimeMs } from "../../../engine/job/time.ts";
import { dateMs } from "../../../workers/decode/calendar_kernel.ts";

const two = (value: number) => String(value).padStart(2, "0");

t.test(
  "dateMs() agrees with parseTimeMs() on every day and no day",
  async (t) => {
    const years = [
      ...[
        0, 1, 4, 99, 100, 400, 1582, 1599, 1600, 1899, 1900, 1904, 1969, 1970,
      ],
      ...[1971, 1999, 2000, 2001, 2015, 2016, 2100, 2399, 2400, 9996, 9999],
    ];
    for (const year of years) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
          const expected = parseTimeMs(`${text}T00:00Z`);
          const got = dateMs(Buffer.from(`"${text}"`), 1);
          if (!Object.is(got, expected)) t.equal(got, expected, text);
        }
      }
    }
  },
);

t.test("dateMs() takes nothing but digits and hyphens", async (t) => {
  const date = Buffer.from("2016-02-29");
  t.equal(dateMs(date, 0), Date.UTC(2016, 1, 29));
  for (let at = 0; at < date.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      const changed = Buffer.from(date);
      changed[at] = byte;
      const text = changed.toString("latin1");
      const expected = parseTimeMs(`${text}T00:00Z`);
      if (!Object.is(dateMs(changed, 0), expected)) t.fail(text);
    }
  }
});
