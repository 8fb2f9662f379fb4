/** The small parsers of option values. */
import { InvalidArgumentError } from "commander";
import t from "tap";
import {
  durationOption,
  sizeOption,
} from "../../../scripts/options/duration_option.ts";
import { listOption } from "../../../scripts/options/list_option.ts";
import { nearestWord } from "../../../scripts/options/nearest_word.ts";
import {
  integerOption,
  numberOption,
} from "../../../scripts/options/number_option.ts";
import { remedyOf } from "../../../scripts/options/remedy.ts";

t.test(
  "durationOption() and sizeOption() read numbers with a unit",
  async (t) => {
    t.equal(durationOption("1.5s"), 1_500);
    t.equal(sizeOption("5MiB"), 5 * 1024 ** 2);
    t.throws(
      () => durationOption("5"),
      new InvalidArgumentError(
        "write a number with its unit, such as 200ms, 5s, 10m",
      ),
    );
    t.throws(() => sizeOption("5MB"), InvalidArgumentError);
  },
);

t.test("integerOption() takes whole numbers in its bounds", async (t) => {
  const parse = integerOption({ min: 0, max: 10 });
  t.equal(parse("0"), 0);
  t.equal(parse("10"), 10);
  for (const text of ["-1", "11", "1.5", "1e1", "", " 1", "0x1", "NaN"]) {
    t.throws(
      () => parse(text),
      new InvalidArgumentError("write a whole number from 0 to 10"),
      text,
    );
  }
  t.throws(
    () => integerOption({ min: 1 })("0"),
    new InvalidArgumentError("write a whole number 1 or more"),
  );
  t.throws(() => integerOption({ min: 1 })("9007199254740993"));
});

t.test("numberOption() takes fractions too", async (t) => {
  const parse = numberOption({ min: 0.1, max: 1_000 });
  t.equal(parse("0.5"), 0.5);
  for (const text of ["0", "1001", ".5", "5.", "Infinity", "x"]) {
    t.throws(() => parse(text), InvalidArgumentError, text);
  }
});

t.test(
  "listOption() collects and leaves what it was given alone",
  async (t) => {
    const first = listOption("a", undefined);
    t.strictSame(listOption("b", first), ["a", "b"]);
    t.strictSame(first, ["a"]);
  },
);

t.test("nearestWord() finds what was meant, or nothing", async (t) => {
  const words = ["workers", "sink", "log-level"];
  t.equal(nearestWord("wrokers", words), "workers");
  t.equal(nearestWord("loglevel", words), "log-level");
  t.equal(nearestWord("snik", words), "sink");
  t.equal(nearestWord("zzzz", words), undefined);
  t.equal(nearestWord("a", []), undefined);
});

t.test("remedyOf() is the end of our messages, and others whole", async (t) => {
  t.equal(remedyOf(new Error('Cannot use "a:b" as x: do y')), "do y");
  t.equal(remedyOf(new Error("ENOENT: no such file")), "ENOENT: no such file");
  t.equal(remedyOf("Cannot go on"), "Cannot go on");
});
