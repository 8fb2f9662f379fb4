/**
 * Job files: what is wrong is named by path, value and remedy; zones come from
 * files beside them.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { readJobFile } from "../../../engine/job/job_file.ts";
import type { JobFileInput } from "../../../engine/job/job_file_schema.ts";
import { jobSchemaText } from "../../../engine/job/json_schema.ts";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { queryHashes } from "../../../engine/job/query_hashes.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";

/** A square of a degree around a place. */
function square(west: number, south: number, size = 1): number[][] {
  return [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ];
}

function feature(name: unknown, coordinates: unknown) {
  return {
    type: "Feature",
    properties: { name },
    geometry: { type: "Polygon", coordinates },
  };
}

const JOB: JobFileInput = {
  $schema: "./job.schema.json",
  description: "How many are where.",
  version: 1,
  name: "places",
  events: {
    seen: {
      eventTime: "at",
      fields: {
        at: { type: "time", from: ["at"] },
        lat: { type: "number", from: ["lat"] },
        lon: { type: "number", from: ["lon"] },
      },
      points: { here: { latitude: "lat", longitude: "lon" } },
    },
  },
  queries: [
    {
      name: "seen_count",
      event: "seen",
      key: [{ as: "place", zoneOf: "here", inZones: "all" }],
      windowMs: 60_000,
      measures: [{ as: "seen_count", count: true }],
    },
  ],
};

/** Writes a job and files beside it; gives the job's path. */
function files(
  t: Test,
  job: unknown,
  others: Readonly<Record<string, unknown>> = {},
): string {
  const folder = t.testdir({});
  mkdirSync(join(folder, "zones"));
  const write = (name: string, content: unknown) => {
    const text =
      typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  for (const [name, content] of Object.entries(others)) write(name, content);
  return write("job.json", job);
}

async function problemsOf(t: Test, job: unknown, others = {}) {
  const { problems } = await readJobFile(files(t, job, others));
  return problems.map(({ path, problem }) => `${path} ${problem}`);
}

t.test(
  "readJobFile() takes zones from files, relative to the job",
  async (t) => {
    const path = files(
      t,
      {
        ...JOB,
        zones: {
          Centre: {
            geojson: "zones/all.json",
            precision: 4,
            only: "St. John's",
          },
          Listed: { cellsFile: "zones/cells.txt" },
          Named: { cells: ["u33d"] },
        },
        zonesFrom: [{ geojson: "zones/more.json", precision: 3 }],
      },
      {
        "zones/all.json": {
          type: "FeatureCollection",
          features: [
            feature("St. John's", [square(10, 50), square(10.25, 50.25, 0.5)]),
            feature("elsewhere", [square(-20, 0)]),
          ],
        },
        "zones/cells.txt": "\uFEFFu33d # the middle\n\nu33e, u33s\r\n",
        "zones/more.json": {
          type: "FeatureCollection",
          features: [
            feature("Ost", [square(20, 50, 4)]),
            feature("West", [square(-20, 50, 4)]),
            feature("Ost", [square(30, 50, 4)]),
          ],
        },
      },
    );
    const { spec, problems } = await readJobFile(path);
    t.same(problems, []);
    t.same(Object.keys(spec!.zones), [
      "Centre",
      "Listed",
      "Named",
      "Ost",
      "West",
    ]);
    t.same(spec!.queries[0]!.key[0], {
      as: "place",
      zoneOf: "here",
      inZones: ["Centre", "Listed", "Named", "Ost", "West"],
    });
    t.same(spec!.zones["Listed"], { cells: ["u33d", "u33e", "u33s"] });
    t.notOk("$schema" in spec! || "description" in spec!, "the spec is bare");
    t.same(parseJobSpec(JSON.parse(JSON.stringify(spec))), spec);
  },
);

t.test(
  "readJobFile() lists every problem, with the value and a remedy",
  async (t) => {
    const [query] = JOB.queries;
    t.same(
      await problemsOf(t, {
        ...JOB,
        zones: { Here: { cells: ["a"] } },
        allowedLatenessMs: "1h",
        queries: [{ ...query, windowMs: 1.5, colour: 1, measures: [] }],
      }),
      [
        'allowedLatenessMs is "1h": write a number',
        'zones.Here.cells.0 is "a": write a geohash of 1 to 12 characters (no a, i, l, o)',
        "queries.0.windowMs is 1.5: write a whole number",
        "queries.0.measures is []: write 1 entries or more",
        'queries.0 has the unknown member "colour": take it away, or see the schema for what is meant',
      ],
    );
    t.same(await problemsOf(t, { ...JOB, version: undefined, name: "1st" }), [
      "version is missing: write 1",
      'name is "1st": write a letter, then letters, digits, _ or -, at most 64',
    ]);
    t.same(
      await problemsOf(t, {
        ...JOB,
        queries: [
          {
            ...query,
            key: [{ as: "cell", geohash: "there", precision: 20 }],
          },
        ],
      }),
      ["queries.0.key.0.precision is 20: write 12 or less"],
    );
    t.same(
      await problemsOf(t, {
        ...JOB,
        queries: [
          {
            ...query,
            key: [{ as: "timestamp", geohash: "there", precision: 6 }],
            measures: [{ as: "most", max: { field: "at" } }],
          },
        ],
      }),
      [
        'queries.0.key.0.as is "timestamp", which the document has already: write another name',
        'queries.0.key.0.geohash is "there", which is no point of the event: write "here"',
        'queries.0.measures.0.max.field is "at", which is no number field of the event: write one of "lat", "lon"',
      ],
    );
  },
);

t.test("readJobFile() says what is wrong with files of zones", async (t) => {
  const wrong = (zone: unknown, content: unknown) =>
    problemsOf(t, { ...JOB, zones: { Z: zone } }, { "z.json": content });
  const geojson = { geojson: "z.json", precision: 4 };
  const one = (start: string) =>
    new RegExp(`^zones.Z.\\w+ is "[^"]+": ${start}`);
  for (const [start, zone, content] of [
    ["the file does not exist", { ...geojson, geojson: "no.json" }, {}],
    ["it is no JSON: Expected .*line 1, column 2", geojson, "{,}"],
    [
      'in it, "type" is "Point"',
      geojson,
      { type: "Point", coordinates: [0, 0] },
    ],
    [
      'in it, "features.0.geometry.coordinates.0.1.1" is 91: write 90 or less',
      geojson,
      {
        type: "FeatureCollection",
        features: [
          feature("x", [
            [
              [0, 0],
              [1, 91],
              [1, 1],
            ],
          ]),
        ],
      },
    ],
    [
      'no feature has name "y": write one of "x"',
      { ...geojson, only: "y" },
      feature("x", [square(0, 0)]),
    ],
    [
      "no cell of precision 4 has its centre inside: use a higher one",
      geojson,
      feature("x", [square(0, 0, 0.001)]),
    ],
    [
      "it takes more than 400000 cells at precision 9: use a lower one",
      { ...geojson, precision: 9 },
      feature("x", [square(0, 0)]),
    ],
    ['it has "i": write a geohash', { cellsFile: "z.json" }, '["u3","i"]'],
    ["it has no cells", { cellsFile: "z.json" }, "# nothing"],
  ] as const) {
    const problems = await wrong(zone, content);
    t.equal(problems.length, 1);
    t.match(problems[0], one(start));
  }
  t.match(
    await problemsOf(
      t,
      { ...JOB, zonesFrom: [geojson] },
      { "z.json": feature("a|b", [square(0, 0)]) },
    ),
    [/^zonesFrom.0.geojson is "z.json": feature 0 has name "a\|b"/],
  );
});

t.test("readJobFile() refuses what it can't read, in one line", async (t) => {
  const folder = t.testdir({ "large.json": "", "text.json": "{," });
  for (const [path, what] of [
    [join(folder, "none.json"), /none.json": the file does not exist: check/],
    [folder, /it is a folder: name a file$/],
    [join(folder, "text.json"), /it is no JSON: [^\n]+$/],
  ] as const) {
    await t.rejects(readJobFile(path), { code: "FD_OPTION", message: what });
  }
  writeFileSync(join(folder, "large.json"), " ".repeat(16 * 2 ** 20 + 1));
  await t.rejects(readJobFile(join(folder, "large.json")), {
    message: /it has 16777217 bytes: make it smaller than 16777216$/,
  });
  await t.rejects(readJobFile("/dev/zero"), {
    message: /it is longer than 16777216 bytes: make it smaller$/,
  });
});

t.test("the published schema is that of the code, all described", async (t) => {
  const published = readFileSync(
    new URL("../../../engine/job/job.schema.json", import.meta.url),
    "utf8",
  );
  t.equal(
    published,
    jobSchemaText(),
    "flagdrop job schema > engine/job/job.schema.json",
  );
  const bare: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, one] of Object.entries(value)) look(one, `${path}.${key}`);
    const { properties } = value as { properties?: Record<string, object> };
    for (const [key, one] of Object.entries(properties ?? {})) {
      if (!("description" in one)) bare.push(`${path}.${key}`);
    }
  };
  look(JSON.parse(published), "");
  t.same(bare, []);
});

t.test("hashes of jobs are those of the versions before", async (t) => {
  const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
  // Checkpoints hold them: another hash refuses every one that is kept.
  t.match(planJob(spec).hash, /^d8c016bc18a4a5c4/);
  t.match(queryHashes(spec)[0]?.hash, /^22051d0cc3f68845/);
  const lines = { ...spec, payload: { framing: "lines", compression: "none" } };
  t.not(planJob(parseJobSpec(lines)).hash, planJob(spec).hash);
});
