/**
 * A small input worked by hand: each line with what must become of it and why,
 * and the documents that must come out, under the preset `nyc`.
 *
 * Windows: A = 2016-01-01 00:00 to 00:10 (last millisecond 1451606999999),
 * B = 00:10 to 00:20 (1451607599999), C = 00:20 to 00:30 (1451608199999).
 *
 * @module
 */

/** A line and its fate, in the words of the judge. */
export interface HandWorkedLine {
  readonly why: string;
  readonly line: string;
  readonly verdict: string;
}

function trip(times: string, ends: string, more = ""): string {
  const [pickup = "", dropoff = ""] = times.split(" > ");
  const [lat1, lon1, lat2, lon2] = ends.split(" ");
  return (
    `{"type":"trip","pickup_lat":${lat1},"pickup_lon":${lon1},` +
    `"dropoff_lat":${lat2},"dropoff_lon":${lon2},` +
    `"pickup_datetime":"${pickup}","dropoff_datetime":"${dropoff}"${more}}`
  );
}

const MIDTOWN = "40.75 -73.98";
const JFK = "40.6441 -73.7822";
const LGA = "40.7731 -73.878";
const A = "2016-01-01T00:00:00Z > 2016-01-01T00:05:00Z";
const B = "2016-01-01T00:00:00Z > 2016-01-01T00:12:00Z";

/** Lines in file order. */
export const HAND_WORKED_LINES: readonly HandWorkedLine[] = [
  {
    why: "first of three in dr5rud, window A",
    line: trip(A, `${MIDTOWN} 40.76 -73.97`),
    verdict: "tallied",
  },
  {
    why: "second, with all else odd: order, spaces, spellings, strings, escapes",
    line: '\t{ "dropoff_datetime" : "2015-12-31 19:09:59.9999-05:00" ,"unknown":{"type":"watermark","x":[1,{"pickup_lat":0}]},\r"pickup_datetime":"2016-01-01 00:01","dropoff_longitude":"-7.397e1","dropoff_latitude":4076E-2, "pickup_lon":"-73.98","pickup_longitude":"nonsense","p\\u0069ckup_lat":"40.75","type":"x","type":"tr\\u0069p"} ',
    verdict: "tallied",
  },
  {
    why: "third: the last millisecond of A, to JFK, 9 whole minutes of 9:59.999",
    line: trip(
      "2016-01-01T00:00:00 > 2016-01-01T00:09:59.999",
      `${MIDTOWN} ${JFK}`,
    ),
    verdict: "tallied",
  },
  {
    why: "the first millisecond of B, to JFK, exactly 10 minutes",
    line: trip(
      "2016-01-01T00:00:00Z > 2016-01-01T00:10:00.000Z",
      `${MIDTOWN} ${JFK}`,
    ),
    verdict: "tallied",
  },
  {
    why: "B again, to JFK, 2 minutes less 1 ms: 1 whole minute; sum 11, mean 5.5",
    line: trip(
      "2016-01-01T00:10:00.001Z > 2016-01-01T00:12:00.000Z",
      `${MIDTOWN} ${JFK}`,
    ),
    verdict: "tallied",
  },
  {
    why: "to LGA, -90 s: -1 whole minute, not -2",
    line: trip(
      "2016-01-01T00:13:30Z > 2016-01-01T00:12:00Z",
      `${MIDTOWN} ${LGA}`,
    ),
    verdict: "tallied",
  },
  {
    why: "to LGA, -30 s: 0 whole minutes; sum -1, mean -0.5",
    line: trip(
      "2016-01-01T00:12:30Z > 2016-01-01T00:12:00Z",
      `${MIDTOWN} ${LGA}`,
    ),
    verdict: "tallied",
  },
  {
    why: "exactly on the edge: the northern cell dr72h8",
    line: trip(B, "40.78125 -73.98 40.76 -73.97"),
    verdict: "tallied",
  },
  {
    why: "the same once more, written otherwise",
    line: trip(B, "4078125e-5 -73.98 40.76 -73.97"),
    verdict: "tallied",
  },
  {
    why: "one double below the edge: the southern cell dr5rux",
    line: trip(B, "40.781249999999996 -73.98 40.76 -73.97"),
    verdict: "tallied",
  },
  {
    why: "the same once more",
    line: trip(B, '"40.781249999999996" -73.98 40.76 -73.97'),
    verdict: "tallied",
  },
  {
    why: "alone in its cell: counted, no document",
    line: trip(B, "40.70 -74.01 40.76 -73.97"),
    verdict: "tallied",
  },
  {
    why: "north pole and date line are in range, but not in the city",
    line: trip(B, `90 -180 ${JFK}`),
    verdict: "filtered pickup_outside_city",
  },
  {
    why: "one double past the pole; the first reason counts",
    line: trip(B, "90.00000000000001 -181 91 0"),
    verdict: "filtered pickup_latitude_range",
  },
  {
    why: "too large for a double",
    line: trip(B, "40.75 -1e999 40.75 -73.98"),
    verdict: "filtered pickup_longitude_range",
  },
  {
    why: "ends at 0, 0",
    line: trip(B, `${MIDTOWN} 0 -0`),
    verdict: "filtered dropoff_outside_city",
  },
  {
    why: "null is there, so the long spelling isn't looked at",
    line: trip(B, `null -73.98 ${JFK}`, ',"pickup_latitude":40.75'),
    verdict: "dead",
  },
  {
    why: "a plus sign is no JSON number",
    line: trip(B, `"+40.75" -73.98 ${JFK}`),
    verdict: "dead",
  },
  {
    why: "no such day",
    line: trip(
      "2015-02-29T00:00:00Z > 2016-01-01T00:12:00Z",
      `${MIDTOWN} ${JFK}`,
    ),
    verdict: "dead",
  },
  { why: "an empty line is a record", line: "", verdict: "dead" },
  {
    why: "a byte order mark is no JSON",
    line: `\ufeff${trip(B, `${MIDTOWN} ${JFK}`)}`,
    verdict: "dead",
  },
  { why: "no object", line: '["trip"]', verdict: "dead" },
  {
    why: "the last `type` counts, and it is no string",
    line: trip(B, `${MIDTOWN} ${JFK}`, ',"type":1'),
    verdict: "dead",
  },
  {
    why: "a kind nobody declared, though every object has something so named",
    line: '{"type":"constructor"}',
    verdict: "filtered undeclared_kind",
  },
  {
    why: "a watermark without time",
    line: '{"type":"watermark"}',
    verdict: "dead",
  },
  {
    why: "too far ahead",
    line: '{"type":"watermark","watermark":"9999-12-31T23:59:59Z"}',
    verdict: "watermark_refused",
  },
  {
    why: "one millisecond before A is over",
    line: '{"type":"watermark","watermark":"2016-01-01T00:09:59.998Z"}',
    verdict: "watermark_taken",
  },
  {
    why: "still in time, though behind the watermark; makes two to JFK in A",
    line: trip(
      "2015-12-31T23:00:00Z > 2016-01-01T00:00:00Z",
      `${MIDTOWN} ${JFK}`,
    ),
    verdict: "tallied",
  },
  {
    why: "A is over, in the time of another zone",
    line: '{"watermark":"2016-01-01 05:39:59.999+05:30","type":"watermark"}',
    verdict: "watermark_taken",
  },
  {
    why: "a watermark that goes back opens nothing again",
    line: '{"type":"watermark","watermark":"2015-01-01T00:00Z"}',
    verdict: "watermark_taken",
  },
  { why: "late", line: trip(A, `${MIDTOWN} ${JFK}`), verdict: "late" },
  {
    why: "late as well, but filtered first",
    line: trip(A, `0 0 ${JFK}`),
    verdict: "filtered pickup_outside_city",
  },
  {
    why: "in time: its window is B; and lone surrogates may stand in a note",
    line: trip(B, `${MIDTOWN} ${LGA}`, ',"note":"\\ud800 \u{1f695}"'),
    verdict: "tallied",
  },
  {
    why: "far ahead of the rest, alone in its window",
    line: trip("2016-01-01T00:00Z > 2999-01-01T00:00Z", `${MIDTOWN} ${LGA}`),
    verdict: "tallied",
  },
];

/** The output's lines, in any order. */
export const HAND_WORKED_DOCUMENTS: readonly string[] = [
  '{"_id":"pickup_count|1451606999999|dr5rud","query":"pickup_count","timestamp":1451606999999,"location":"dr5rud","pickup_count":4}',
  // 9 and 60 minutes.
  '{"_id":"trip_duration|1451606999999|dr5rud|JFK","query":"trip_duration","timestamp":1451606999999,"location":"dr5rud","airport_code":"JFK","sum_trip_duration":69,"avg_trip_duration":34.5}',
  '{"_id":"pickup_count|1451607599999|dr5rud","query":"pickup_count","timestamp":1451607599999,"location":"dr5rud","pickup_count":5}',
  '{"_id":"trip_duration|1451607599999|dr5rud|JFK","query":"trip_duration","timestamp":1451607599999,"location":"dr5rud","airport_code":"JFK","sum_trip_duration":11,"avg_trip_duration":5.5}',
  // -1, 0 and 12 minutes.
  '{"_id":"trip_duration|1451607599999|dr5rud|LGA","query":"trip_duration","timestamp":1451607599999,"location":"dr5rud","airport_code":"LGA","sum_trip_duration":11,"avg_trip_duration":3.6666666666666665}',
  '{"_id":"pickup_count|1451607599999|dr72h8","query":"pickup_count","timestamp":1451607599999,"location":"dr72h8","pickup_count":2}',
  '{"_id":"pickup_count|1451607599999|dr5rux","query":"pickup_count","timestamp":1451607599999,"location":"dr5rux","pickup_count":2}',
];

/** The whole input; its last line has no line feed. */
export function handWorkedInput(): string {
  return HAND_WORKED_LINES.map(({ line }) => line).join("\n");
}
