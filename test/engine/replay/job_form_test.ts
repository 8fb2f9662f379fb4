/**
 * What a replay takes from a job. Goal: event times and watermark events are
 * those that the job reads, whatever it calls them. Method: jobs by hand, and
 * events of the job's own making read back by its plan.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { JOB_PRESETS } from "../../../engine/job/presets/presets.ts";
import {
  type JobSpec,
  type JobSpecInput,
  parseJobSpec,
} from "../../../engine/job/spec.ts";
import type { JobForm } from "../../../engine/replay/job_form.ts";
import {
  jobForm,
  TAXI_FORM,
  watermarkLine,
} from "../../../engine/replay/job_form.ts";
import { JobGenerator } from "../../../engine/replay/job_generator.ts";
import { openSource } from "../../../engine/replay/open_source.ts";
import { fileInputs } from "../../../engine/replay/source/file_part.ts";
import { readSource } from "./source/read_source.ts";

function preset(name: string, more: Partial<JobSpecInput> = {}): JobSpec {
  const job = JOB_PRESETS[name]?.job();
  return parseJobSpec({ ...job, ...more });
}

const SIX = Date.UTC(2024, 4, 1, 6);

async function read(
  t: Test,
  { form, name, text }: { form: JobForm; name: string; text: string },
) {
  const path = join(t.testdir(), name);
  writeFileSync(path, text);
  const source = openSource(await fileInputs([path]), {
    form,
    timestamps: { timeZone: "America/New_York" },
  });
  return { events: await readSource(source), counts: source.counts };
}

t.test("watermark events are those that the job names", async (t) => {
  t.equal(
    watermarkLine(TAXI_FORM, SIX),
    '{"type":"watermark","watermark":"2024-05-01T06:00:00.000Z"}\n',
  );
  t.equal(
    watermarkLine(jobForm(preset("vehicle-positions")), SIX),
    '{"kind":"reported_up_to","time":"2024-05-01T06:00:00.000Z"}\n',
  );
  t.equal(jobForm(preset("vehicle-positions")).isPunctuated, true);
  t.equal(jobForm(preset("bike-share")).isPunctuated, false);
});

t.test("event times are found by kind, in any spelling", async (t) => {
  const form = jobForm(preset("vehicle-positions"));
  const text = [
    '{"kind":"position","timestamp":"2024-05-01T06:00:01Z"}',
    '{"kind":"position","timestamp":"x","reported_at":"2024-05-01T06:00:02Z"}',
    '{"kind":"door_opened","reported_at":"2024-05-01T06:00:03Z"}',
    '{"kind":"reported_up_to","time":"2024-05-01T06:00:00Z"}',
    '{"type":"watermark","kind":"position"}',
  ].join("\n");
  const { events, counts } = await read(t, { form, name: "a.jsonl", text });
  t.strictSame(
    events.map(({ timeMs }) => timeMs - SIX),
    [1_000, 2_000, 3_000],
  );
  t.strictSame(counts, { unparsable: 1, watermarks: 1 });
});

t.test("rows of a table are the job's only kind, times in UTC", async (t) => {
  const form = jobForm(preset("bike-share"));
  const text = [
    "ride_id,started_at,ended_at,start_lat,start_lng,end_lat,end_lng",
    "A1,2024-05-01 01:50:00,2024-05-01 02:00:00,40.71,-74.01,40.75,-73.98",
  ].join("\n");
  const { events } = await read(t, { form, name: "rides.csv", text });
  t.equal(events[0]?.timeMs, SIX);
  t.strictSame(JSON.parse(events[0]?.line ?? ""), {
    ended_at: "2024-05-01T06:00:00.000Z",
    event: "ride_ended",
    started_at: "2024-05-01T05:50:00.000Z",
    ride_id: "A1",
    start_lat: 40.71,
    start_lng: -74.01,
    end_lat: 40.75,
    end_lng: -73.98,
  });
  await t.rejects(read(t, { form, name: "b.csv", text: "a,b\n1,2\n" }), {
    message: /no column for the event time, ended_at or stoptime/,
  });
});

t.test("a job whose records are packed is refused", async (t) => {
  const payload = { framing: "text", compression: "gzip" } as const;
  t.throws(() => jobForm(preset("bike-share", { payload })), {
    code: "FD_OPTION",
    message: /packed by gzip/,
  });
});

t.test("a generator's events are the same from any place", async (t) => {
  const spec = preset("vehicle-positions");
  const whole = new JobGenerator({ spec, seed: 3 }).next(3_000);
  const parts = new JobGenerator({ spec, seed: 3 });
  const [a, b] = [parts.next(700), parts.next(2_300)];
  t.ok(Buffer.concat([a.bytes, b.bytes]).equals(whole.bytes));
  const { position } = b;
  for await (const chunk of parts.read({ position, skipEvents: 5 })) {
    t.equal(chunk.timesMs[0], b.timesMs[5]);
    t.equal(
      chunk.bytes.toString("utf8", chunk.starts[0], chunk.ends[0]),
      b.bytes.toString("utf8", b.starts[5], b.ends[5]),
    );
    break;
  }
  await t.rejects(
    new JobGenerator({ spec, seed: 4 }).read({ position }).next(),
    { code: "FD_SOURCE", message: /seed 4/ },
  );
});
