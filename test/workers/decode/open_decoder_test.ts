import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import { WATERMARK } from "../../../workers/decode/decoder.ts";
import { ExactDecoder } from "../../../workers/decode/exact_decoder_kernel.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";
import { openDecoder } from "../../../workers/decode/open_decoder.ts";
import { TAXI } from "./test_plans.ts";
import { TwinDecoders } from "./twin_decoders.ts";

t.test("openDecoder() gives the fast decoder", async (t) => {
  t.type(openDecoder(TAXI), ExactDecoder);
});

t.test(
  "openDecoder() leaves names that have no bytes of their own to JSON.parse",
  async (t) => {
    for (const kindField of ["\uFFFD", "a\uD800"]) {
      const spec = { ...taxiJob(taxiZones("nyc")), kindField };
      const plan = planJob(parseJobSpec(spec));
      const decoder = openDecoder(plan);
      t.type(decoder, JsonDecoder);
      const both = new TwinDecoders(plan, [decoder]);
      both.decode(Buffer.from('{"\xff":"bus"}', "latin1"));
      both.decode(Buffer.from(JSON.stringify({ [kindField]: "bus" })));
    }
  },
);

t.test(
  "openDecoder() does without making functions where it must",
  async (t) => {
    const path = fileURLToPath(
      new URL("forbidden_functions.ts", import.meta.url),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...process.execArgv,
      "--disallow-code-generation-from-strings",
      path,
    ]);
    t.same(JSON.parse(stdout), {
      canMake: false,
      outcomes: new Array(4).fill(WATERMARK),
      watermarkMs: Date.UTC(2016, 0, 1),
    });
  },
);
