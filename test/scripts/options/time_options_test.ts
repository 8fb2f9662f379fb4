import { Command } from "commander";
import t from "tap";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import {
  addTimeOptions,
  type TimeOptions,
  withTimeOptions,
} from "../../../scripts/options/time_options.ts";

const SPEC = parseJobSpec(taxiJob(taxiZones("nyc")));

function options(...words: string[]): TimeOptions {
  const command = addTimeOptions(new Command()).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  return command.parse(words, { from: "user" }).opts<TimeOptions>();
}

t.test("withTimeOptions() leaves the job as it is by default", async (t) => {
  t.strictSame(withTimeOptions(SPEC, options()), SPEC);
  t.match(options(), { late: "drop", idleTimeout: 300_000 });
  const job = parseJobSpec({
    ...taxiJob(taxiZones("nyc")),
    watermark: { strategy: "bounded", boundMs: 5 },
    allowedLatenessMs: 7,
    dedupe: { field: "id", withinMs: 9 },
  });
  t.strictSame(withTimeOptions(job, options()), job);
});

t.test("withTimeOptions() lets the options go before the job", async (t) => {
  const bounded = options(
    "--watermarks",
    "bounded",
    "--watermark-bound",
    "30s",
  );
  const spec = withTimeOptions(SPEC, bounded);
  t.match(spec.watermark, { strategy: "bounded", boundMs: 30_000 });
  const back = withTimeOptions(spec, options("--watermarks", "ingestion"));
  t.equal(back.watermark.boundMs, undefined);
  t.ok(parseJobSpec(back), "still a job that is accepted");
  const rest = options("--allowed-lateness", "2m", "--dedupe", "a:b:10m");
  t.match(withTimeOptions(SPEC, rest), {
    allowedLatenessMs: 120_000,
    dedupe: { field: "a:b", withinMs: 600_000, idsMax: 262_144 },
  });
});

t.test("withTimeOptions() refuses what makes no sense", async (t) => {
  t.throws(() => withTimeOptions(SPEC, options("--watermarks", "bounded")), {
    code: "FD_OPTION",
    message: /without a bound: give --watermark-bound/,
  });
  t.throws(() => withTimeOptions(SPEC, options("--watermark-bound", "1s")), {
    message: /with punctuated watermarks: give --watermarks bounded/,
  });
  for (const text of ["trip_id", "trip_id:", ":5m", "trip_id:0s", "a:5x"]) {
    t.throws(() => options("--dedupe", text), /./, text);
  }
  t.throws(() => options("--watermarks", "magic"));
  t.throws(() => options("--late", "keep"));
});
