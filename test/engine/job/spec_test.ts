import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { type JobSpecInput, parseJobSpec } from "../../../engine/job/spec.ts";

const TAXI = taxiJob(taxiZones("nyc"));

/** Matches one line that starts like this. */
function oneLine(start: string): RegExp {
  return new RegExp(`^${start.replaceAll(/[()."]/g, "\\$&")}.*$`);
}

/** The taxi job with one thing changed. */
function changed(change: (job: JobSpecInput) => unknown): unknown {
  const copy = structuredClone(TAXI);
  change(copy);
  return copy;
}

t.test("parseJobSpec() accepts the taxi job with every preset", async (t) => {
  t.equal(parseJobSpec(TAXI).queries.length, 2);
  t.equal(parseJobSpec(taxiJob(taxiZones("boxes"))).name, "nyc-taxi");
  t.equal(parseJobSpec(JSON.parse(JSON.stringify(TAXI))).kindField, "type");
});

t.test("parseJobSpec() names the path of what is wrong", async (t) => {
  const cases: [path: string, job: unknown][] = [
    ["(top)", null],
    ["version", changed((job) => Object.assign(job, { version: 2 }))],
    ["(top)", changed((job) => Object.assign(job, { colour: "red" }))],
    ["queries", changed((job) => Object.assign(job, { queries: [] }))],
    ["queries.0.windowMs", changed((job) => (job.queries[0]!.windowMs = 1.5))],
    ["queries.0.event", changed((job) => (job.queries[0]!.event = "bus"))],
    [
      "queries.1.name",
      changed((job) => (job.queries[1]!.name = "pickup_count")),
    ],
    [
      "queries.0.key.0.geohash",
      changed((job) => {
        job.queries[0]!.key = [
          { as: "location", geohash: "home", precision: 6 },
        ];
      }),
    ],
    [
      "queries.1.key.1.inZones.0",
      changed((job) => {
        job.queries[1]!.key[1] = {
          as: "airport",
          zoneOf: "dropoff",
          inZones: ["EWR"],
        };
      }),
    ],
    [
      "queries.0.measures.0.sum.field",
      changed((job) => {
        job.queries[0]!.measures = [
          { as: "sum", sum: { field: "pickupTime" } },
        ];
      }),
    ],
    [
      "queries.0.measures.0.as",
      changed((job) => {
        job.queries[0]!.measures = [{ as: "location", count: true }];
      }),
    ],
    [
      "queries.0.measures.0.as",
      changed((job) => {
        job.queries[0]!.measures = [{ as: "timestamp", count: true }];
      }),
    ],
    [
      "events.trip.eventTime",
      changed((job) => (job.events["trip"]!.eventTime = "pickupLat")),
    ],
    [
      "events.trip.points.pickup.latitude",
      changed((job) => {
        job.events["trip"]!.points!["pickup"]!.latitude = "pickupTime";
      }),
    ],
    [
      "events.trip.filters.4.inZone",
      changed((job) => {
        job.events["trip"]!.filters![4] = {
          name: "x",
          point: "pickup",
          inZone: "Boston",
        };
      }),
    ],
    [
      "events.trip.filters.4.point",
      changed((job) => {
        job.events["trip"]!.filters![4] = {
          name: "x",
          point: "home",
          inZone: "NYC",
        };
      }),
    ],
    [
      "zones.NYC.cells.0",
      changed((job) => (job.zones!["NYC"] = { cells: ["dr5a"] })),
    ],
    [
      "events.watermark",
      changed((job) => {
        job.events["watermark"] = job.events["trip"]!;
      }),
    ],
  ];
  for (const [path, job] of cases) {
    const start = `Cannot use job: "${path}"`;
    t.throws(() => parseJobSpec(job), { code: "FD_JOB" }, path);
    t.throws(() => parseJobSpec(job), { message: oneLine(start) }, path);
  }
});

t.test(
  "planJob() packs keys into two words and shares accumulators",
  async (t) => {
    const plan = planJob(parseJobSpec(TAXI));
    const [pickups, durations] = plan.queries;
    t.same(pickups?.key[0]?.bits, [{ word: 0, shift: 0, bits: 30 }]);
    t.same(durations?.key[1]?.bits, [{ word: 0, shift: 30, bits: 1 }]);
    t.equal(durations?.accumulators.length, 1, "sum and average share one");
    t.same(plan.filterReasons.slice(0, 5), [
      "undeclared_kind",
      "no_query",
      "watermark_ignored",
      "duplicate",
      "pickup_latitude_range",
    ]);
    t.equal(planJob(parseJobSpec(TAXI)).hash, plan.hash);
    t.not(planJob(parseJobSpec(taxiJob(taxiZones("boxes")))).hash, plan.hash);
  },
);

t.test("planJob() refuses a key of more than 64 bits", async (t) => {
  const job = changed((spec) => {
    spec.queries[0]!.key = [
      { as: "from", geohash: "pickup", precision: 12 },
      { as: "to", geohash: "dropoff", precision: 2 },
    ];
  });
  t.throws(() => planJob(parseJobSpec(job)), /needs more than 64 bits/);
});
