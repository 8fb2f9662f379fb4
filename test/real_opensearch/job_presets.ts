/**
 * The jobs that have nothing to do with taxis, on a real node: mappings,
 * documents, and what dashboards and pages ask.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { planJob } from "../../engine/job/plan.ts";
import { jobPreset } from "../../engine/job/presets/presets.ts";
import { parseJobSpec } from "../../engine/job/spec.ts";
import { planIndices } from "../../engine/sink/opensearch/index_plan.ts";
import { flagdrop } from "../e2e/flagdrop.ts";
import { JOB_INPUTS } from "../golden/job_inputs.ts";
import { judgeJob } from "../golden/judge_job.ts";
import { opensearchSettings } from "../helpers/opensearch_settings.ts";
import type { Document } from "../judge/document.ts";
import { documentDifferences } from "../judge/document.ts";
import { askDashboards } from "./ask_dashboards.ts";
import type { OpensearchNode } from "./opensearch_node.ts";

/** Types of fields that a preset's documents have. */
const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "bike-share": { timestamp: "date", cell: "geo_point", from_zone: "keyword" },
  "vehicle-positions": { timestamp: "date", cell: "geo_point" },
};

/** Adds the tests to a suite. */
export function testJobPresets(t: Test, node: OpensearchNode): void {
  for (const input of JOB_INPUTS) {
    const { preset } = input;
    t.test(`${preset}: documents, mappings, dashboards`, async (t) => {
      const events = join(t.testdir(), "events.jsonl");
      writeFileSync(events, `${input.lines.join("\n")}\n`);
      const { code, stderr } = await flagdrop([
        ...["run", "--job", preset, "--source", `file:${events}`],
        ...["--sink", `opensearch:${node.url}`, "--workers", "1"],
        ...["--opensearch-index", preset, "--status-port", "0"],
        ...["--dead-letters", join(t.testdirName, "dead.ndjson")],
      ]);
      t.equal(code, 0, stderr);
      const { documents } = await judgeJob(input, events);
      const found = new Map<string, Document>();
      for (const [_id, source] of await node.documents(`${preset}-*`)) {
        const query = _id.slice(0, _id.indexOf("|"));
        found.set(_id, { ...source, _id, query } as Document);
      }
      t.strictSame(documentDifferences(found, documents), []);
      const { json } = await node.call("GET", `/${preset}-*/_mapping`);
      const text = JSON.stringify(json);
      for (const [field, type] of Object.entries(TYPES[preset] ?? {})) {
        t.match(text, `"${field}":{"type":"${type}"`);
      }
      const plan = planJob(parseJobSpec(jobPreset(preset)?.job()));
      const settings = opensearchSettings([node.url], { indexPrefix: preset });
      const indexPlan = planIndices(plan, settings);
      t.ok((await askDashboards(t, node, { plan, indexPlan })) >= 2);
    });
  }
}
