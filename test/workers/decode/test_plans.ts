/**
 * The jobs that the decoders are tested with.
 */
import { type JobPlan, planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";

export const TAXI: JobPlan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

const query = (name: string, event: string) => ({
  name,
  event,
  key: [{ as: "cell", geohash: "at", precision: 5 }],
  windowMs: 60_000,
  measures: [{ as: "n", count: true }] as const,
});

/** Three kinds, odd names, fields that share a spelling, a key of the prototype. */
export const ODD: JobPlan = planJob(
  parseJobSpec({
    version: 1,
    name: "odd",
    kindField: "größe",
    events: {
      ride: {
        eventTime: "when",
        fields: {
          lat: { type: "number", from: ["__proto__", "lat", 'a"b'] },
          lon: { type: "number", from: ["lon", "lat"] },
          when: { type: "time", from: ["when", "at"] },
          again: { type: "time", from: ["when"] },
          stamp: { type: "number", from: ["at", "n"] },
        },
        points: { at: { latitude: "lat", longitude: "lon" } },
      },
      /** Its kind is one of its numbers. */
      7: {
        eventTime: "when",
        fields: {
          seven: { type: "number", from: ["größe"] },
          when: { type: "time", from: ["when"] },
        },
      },
      "bus ☂": {
        eventTime: "when",
        fields: {
          lat: { type: "number", from: ["n"] },
          when: { type: "time", from: ["at", "toString"] },
        },
        points: { at: { latitude: "lat", longitude: "lat" } },
      },
    },
    watermark: { kind: "mark", field: "at" },
    queries: [query("rides", "ride")],
  }),
);

/** The plans by name. */
export const PLANS: Readonly<Record<string, JobPlan>> = {
  taxi: TAXI,
  odd: ODD,
};

/** Records of each plan, that tests of single bytes start from. */
export const RECORDS: Readonly<Record<string, readonly string[]>> = {
  taxi: [
    '{"vendor_id":2,"pickup_datetime":"2015-12-31T23:52:07.000Z","dropoff_datetime":"2016-01-01T00:00:01.000Z","pickup_lon":-73.971522,"pickup_lat":40.803229,"flag":"N","dropoff_lon":-73.960955,"dropoff_lat":40.77861,"ok":true,"tip":0.0,"type":"trip"}\n',
    '{ "type": "trip", "a": {"b": [1, "c"]}, "pickup_latitude": "40.5", "pickup_longitude": -7.40e1, "dropoff_lat": 40, "dropoff_lon": -73.95013427734375, "pickup_datetime": "2016-01-01 00:00:01", "dropoff_datetime": "2016-01-01T00:10+01:00" }',
    '{"type":"watermark","watermark":"2016-01-01T00:00:00.001Z"}\n',
    '{"type":"bus","line":14,"stop":null}',
  ],
  odd: [
    '{"größe":"ride","__proto__":1.5,"lon":2,"when":"2016-01-01T00:00:00Z","at":7}',
    '{"größe":"bus ☂","n":-0,"at":"2016-01-01T00:00:00.5-05:00"}\n',
  ],
};
