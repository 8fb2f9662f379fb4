/**
 * What a translation says, piece by piece, and what is refused. That Flink
 * plans it and comes to the same documents is in `test/real_flink`.
 */
import t from "tap";
import { flinkSql } from "../../../engine/flink/translate.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";

const JOB = taxiJob(taxiZones("nyc"));
const SPEC = parseJobSpec(JOB);
const FILES = { type: "files", path: "/data/trips.jsonl" } as const;
const STREAM = {
  type: "kinesis",
  streamArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/taxi",
  region: "eu-west-1",
  from: { type: "earliest" },
} as const;

t.test(
  "a job is one statement set with an INSERT for each query",
  async (t) => {
    const { statementSet, queries } = flinkSql(SPEC);
    t.match(statementSet, /^EXECUTE STATEMENT SET\nBEGIN\n/);
    t.match(statementSet, /END$/);
    t.strictSame(
      queries.map(({ name }) => name),
      ["pickup_count", "trip_duration"],
    );
    for (const { insert, text } of queries) {
      t.ok(statementSet.replaceAll(/^ {2}/gm, "").includes(insert));
      t.match(text, insert);
    }
  },
);

t.test(
  "the script is settings, definitions and the set, in order",
  async (t) => {
    const { script, definitions, statementSet } = flinkSql(SPEC);
    let at = 0;
    for (const one of [...definitions, statementSet]) {
      const found = script.indexOf(`${one};\n`, at);
      t.ok(found >= at, one.slice(0, 40));
      at = found;
    }
    t.match(script, /SET 'table.local-time-zone' = 'UTC';/);
  },
);

t.test("watermarks follow the job's strategy", async (t) => {
  const [punctuated] = flinkSql(SPEC, { source: STREAM }).definitions;
  t.match(
    punctuated,
    /WATERMARK FOR flagdrop_time AS CASE WHEN `type` = 'watermark' AND .*\n\s+THEN flagdrop_time END/,
  );
  const bounded = parseJobSpec({
    ...JOB,
    watermark: { strategy: "bounded", boundMs: 300_000 },
  });
  t.match(
    flinkSql(bounded).definitions[0],
    "`type` IN ('trip') AND flagdrop_time > TIMESTAMP '0001-01-01 00:00:00.000'\n    THEN flagdrop_time - INTERVAL '0 00:05:00.001' DAY TO SECOND(3) END",
  );
  const ingestion = parseJobSpec({
    ...JOB,
    watermark: { strategy: "ingestion" },
  });
  t.match(
    flinkSql(ingestion, { source: { ...STREAM, connector: "kinesis-legacy" } })
      .definitions[0],
    "WATERMARK FOR flagdrop_time AS flagdrop_time - INTERVAL '0 00:00:00.001' DAY TO SECOND(3)",
  );
  t.throws(() => flinkSql(ingestion, { source: STREAM }), {
    code: "FD_JOB",
    message: /"ingestion".*FLINK-36671.*kinesis-legacy/,
  });
  t.throws(() => flinkSql(ingestion, { source: FILES }), {
    code: "FD_JOB",
    message: /lines of a file have no arrival time/,
  });
});

t.test("a stream starts where it is told to", async (t) => {
  const table = (
    from: { type: "latest" } | { type: "timestamp"; ms: number },
  ) => flinkSql(SPEC, { source: { ...STREAM, from } }).definitions[0];
  t.match(table({ type: "latest" }), "'source.init.position' = 'LATEST'");
  t.match(
    table({ type: "timestamp", ms: Date.UTC(2016, 0, 31, 12) }),
    "'source.init.position' = 'AT_TIMESTAMP',\n  'source.init.timestamp' = '2016-01-31T12:00:00.000+00:00'",
  );
  const [legacy] = flinkSql(SPEC, {
    source: { ...STREAM, connector: "kinesis-legacy" },
  }).definitions;
  t.match(legacy, "'stream' = 'taxi'");
  t.match(legacy, "'scan.stream.initpos' = 'TRIM_HORIZON'");
  t.match(legacy, "'scan.shard-assigner' = 'uniform'");
});

t.test("OpenSearch gets the ids of run", async (t) => {
  const { definitions } = flinkSql(SPEC, {
    source: STREAM,
    sink: {
      type: "opensearch",
      hosts: ["https://a:9200", "https://b", "http://[::1]"],
      indexPrefix: "taxi",
      user: "admin",
      password: "it's",
    },
  });
  const sink = definitions.at(-1);
  t.match(sink, "'hosts' = 'https://a:9200;https://b:443;http://[::1]:80'");
  t.match(sink, "'index' = 'taxi-trip_duration'");
  t.match(sink, "'password' = 'it''s'");
  t.match(
    sink,
    "PRIMARY KEY (`query`, `timestamp`, `location`, `airport_code`) NOT ENFORCED",
  );
  t.match(sink, "'document-id.key-delimiter' = '|'");
});

t.test(
  "OpenSearch is told how many events a document stands for",
  async (t) => {
    const hosts = ["https://a:9200"];
    const sink = { type: "opensearch", hosts, indexPrefix: "taxi" } as const;
    const { queries } = flinkSql(SPEC, { source: STREAM, sink });
    const [pickups, trips] = queries;
    t.match(
      trips?.text,
      "`avg_trip_duration` DOUBLE,\n  `event_count` BIGINT,",
    );
    t.match(trips?.insert, "`event count` AS `event_count`\nFROM");
    t.notMatch(pickups?.text, "event_count", "its count says it");
    const files = flinkSql(SPEC, {
      source: FILES,
      sink: { ...FILES, path: "/o" },
    });
    t.notMatch(files.script, "event_count");
    t.throws(() => flinkSql(SPEC, { sink: { ...sink, indexPrefix: "Taxi" } }), {
      code: "FD_OPTION",
      message: /Cannot name an index "Taxi-pickup_count"/,
    });
  },
);

t.test("a job's texts and names can't be taken for SQL", async (t) => {
  const zone = "O'Hare; DROP TABLE x --";
  t.throws(() => parseJobSpec({ ...JOB, zones: { [zone]: { cells: ["d"] } } }));
  const { zones, queries, ...others } = structuredClone(JOB);
  const quoted = "L'Île (été)";
  const kind = "trip`'\"\\";
  const spec = parseJobSpec({
    ...others,
    events: { [kind]: others.events["trip"] },
    zones: { ...zones, [quoted]: { cells: ["dr5x0z"] } },
    queries: queries.map((query) => ({
      ...query,
      event: kind,
      key: query.key.map((part) =>
        "inZones" in part ? { ...part, inZones: [quoted] } : part,
      ),
    })),
  });
  const { script } = flinkSql(spec);
  t.match(script, "THEN 'L''Île (été)'");
  t.match(script, "WHERE `type` = 'trip`''\"\\'");
  t.match(script, "CREATE TEMPORARY VIEW `event_trip``'\"\\` AS");
});

t.test("names that would change in the statements are refused", async (t) => {
  const refused = (change: object, message: RegExp) => {
    const spec = parseJobSpec({ ...JOB, ...change });
    t.throws(() => flinkSql(spec), { code: "FD_JOB", message });
  };
  refused({ kindField: "a\nb" }, /"a\\nb" has a control character/);
  refused({ watermark: { kind: "w\u2028" } }, /has a control character/);
  refused({ kindField: "flagdrop_time" }, /"flagdrop_time" is a column/);
  const [pickups] = JOB.queries;
  const measures = [{ as: "window_end", count: true }];
  refused({ queries: [{ ...pickups, measures }] }, /"window_end" is a column/);
});

t.test("windows that have fired elsewhere are left out", async (t) => {
  const { statementSet } = flinkSql(SPEC, {
    firedUpToMs: Date.UTC(2016, 0, 1, 0, 9, 59, 999),
  });
  t.equal(
    statementSet.split("WHERE window_end > TIMESTAMP '2016-01-01 00:10:00.000'")
      .length,
    3,
  );
});

t.test("what Flink SQL can't do is refused by name", async (t) => {
  const refused = (change: object, message: RegExp) => {
    const spec = parseJobSpec({ ...JOB, ...change });
    t.throws(() => flinkSql(spec), { code: "FD_JOB", message });
  };
  refused({ allowedLatenessMs: 1 }, /allowedLatenessMs\): set it to 0/);
  refused({ payload: { framing: "glued" } }, /framing "glued"/);
  refused({ payload: { compression: "gzip" } }, /compression "gzip"/);
  refused({ dedupe: { field: "id", withinMs: 1 } }, /\(dedupe\)/);
});

t.test("what Flink does otherwise is said", async (t) => {
  t.match(flinkSql(SPEC, { source: STREAM }).warnings, [
    /one watermark a reading task/,
    /FLINK-32097/,
  ]);
  t.strictSame(flinkSql(SPEC, { source: FILES }).warnings, []);
  t.match(flinkSql(SPEC, { source: FILES, mode: "streaming" }).warnings, [
    /in any order/,
  ]);
});
