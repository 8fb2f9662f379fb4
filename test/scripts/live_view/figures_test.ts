/** Bars and figures of the live view. */
import t from "tap";
import { bar } from "../../../scripts/live_view/bar.ts";
import {
  dayTimeText,
  eventTimeText,
  sizeText,
  spanText,
  stopwatchText,
} from "../../../scripts/live_view/figures.ts";

t.test("bar() is always as wide as asked for", async (t) => {
  t.equal(bar(0, 4), "    ");
  t.equal(bar(0.5, 4), "██  ");
  t.equal(bar(1 / 32, 4), "▏   ");
  t.equal(bar(1, 4), "████");
  t.equal(bar(7, 4), "████");
  t.equal(bar(-1, 4), "    ");
  t.equal(bar(Number.NaN, 4), "    ");
});

t.test("spanText() changes its unit where figures get long", async (t) => {
  t.equal(spanText(0), "0.0 s");
  t.equal(spanText(420), "0.4 s");
  t.equal(spanText(12_400), "12 s");
  t.equal(spanText(150_000), "2.5 min");
  t.equal(spanText(9_000_000), "2.5 h");
});

t.test("stopwatchText() shows hours when there are any", async (t) => {
  t.equal(stopwatchText(65_999), "01:05");
  t.equal(stopwatchText(3_725_000), "1:02:05");
  t.equal(stopwatchText(-5), "00:00");
});

t.test("eventTimeText() and dayTimeText() are UTC", async (t) => {
  const time = Date.UTC(2016, 0, 3, 11, 50, 59);
  t.equal(eventTimeText(time), "2016-01-03 11:50");
  t.equal(dayTimeText(time), "Sun 2016-01-03 11:50");
  t.equal(dayTimeText(null), "none yet");
});

t.test("sizeText() has three digits or so", async (t) => {
  t.equal(sizeText(1_500_000), "1.4 MiB");
  t.equal(sizeText(222_298_112), "212 MiB");
  t.equal(sizeText(20 * 1024 ** 3), "20.0 GiB");
});
