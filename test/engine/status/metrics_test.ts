import t from "tap";
import { Metrics } from "../../../engine/status/metrics.ts";
import { sampleStatus } from "./sample_status.ts";

/** Samples by name with labels, e.g. `flagdrop_state{state="failed"}`. */
function samplesOf(text: string): Map<string, number> {
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
  );
}

t.test(
  "Metrics.text() has a sample for each figure, in base units",
  async (t) => {
    const samples = samplesOf(await new Metrics().text(sampleStatus()));
    const expected: Readonly<Record<string, number>> = {
      'flagdrop_info{version="0.1.0",job="nyc-taxi",source="kinesis:taxi"}': 1,
      'flagdrop_state{state="running"}': 1,
      'flagdrop_state{state="failed"}': 0,
      flagdrop_records_read_total: 1_000_000,
      'flagdrop_records_total{outcome="filtered"}': 60_001,
      'flagdrop_records_filtered_total{reason="undeclared_kind"}': 1,
      flagdrop_watermark_seconds: Date.UTC(2016, 0, 3, 11, 50) / 1_000,
      flagdrop_behind_latest_seconds: 0.42,
      'flagdrop_shard_records_total{shard="shardId-000000000001"}': 400_000,
      'flagdrop_shard_behind_latest_seconds{shard="shardId-000000000000"}': 0,
      'flagdrop_worker_busy_seconds_total{worker="0"}': 12.5,
      'flagdrop_sink_pending_documents{sink="duckdb:.flagdrop/demo.duckdb"}': 233,
      'flagdrop_fire_delay_seconds{quantile="0.999"}': 0.008,
    };
    for (const [name, value] of Object.entries(expected)) {
      t.equal(samples.get(name), value, name);
    }
  },
);

t.test("Metrics.text() says what became of every record", async (t) => {
  const samples = samplesOf(await new Metrics().text(sampleStatus()));
  let sum = 0;
  for (const [name, value] of samples) {
    if (name.startsWith("flagdrop_records_total{")) sum += value;
  }
  t.equal(sum, samples.get("flagdrop_records_read_total"));
});

t.test("Metrics.text() has no sample for what has no value", async (t) => {
  const samples = samplesOf(
    await new Metrics().text(sampleStatus({ watermarkMs: null })),
  );
  t.notOk(samples.has("flagdrop_watermark_seconds"));
  t.notOk(
    samples.has(
      'flagdrop_shard_watermark_seconds{shard="shardId-000000000001"}',
    ),
  );
});

t.test("Metrics.text() forgets what is no longer there", async (t) => {
  const metrics = new Metrics();
  await metrics.text(sampleStatus());
  const samples = samplesOf(
    await metrics.text(sampleStatus({ shards: [], deadLetters: 1_000 })),
  );
  t.notOk([...samples.keys()].some((name) => name.includes("shardId")));
  t.equal(samples.get("flagdrop_dead_letters_total"), 1_000);
});

t.test("Metrics.text() has HELP and TYPE for every metric", async (t) => {
  const text = await new Metrics().text(sampleStatus());
  const names = [...samplesOf(text).keys()].map((one) => one.split("{")[0]);
  for (const name of new Set(names)) {
    t.match(text, new RegExp(`^# HELP ${name} \\S.*$`, "m"));
    const type = name?.endsWith("_total") ? "counter" : "gauge";
    t.match(text, `# TYPE ${name} ${type}\n`);
    t.match(name, /^flagdrop_[a-z_]+$/);
  }
});
