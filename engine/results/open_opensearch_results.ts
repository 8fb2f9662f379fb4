/**
 * Opens the results of a cluster without a run.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import type { JobPlan } from "../job/plan.ts";
import { planIndices } from "../sink/opensearch/index_plan.ts";
import { OpensearchClient } from "../sink/opensearch/opensearch_client.ts";
import type { OpensearchSettings } from "../sink/opensearch/opensearch_settings.ts";
import { storedJobPlan } from "../sink/opensearch/stored_plan.ts";
import { Trouble } from "../sink/opensearch/trouble.ts";
import type { SinkLog } from "../sink/sink.ts";
import { READ_TIMEOUT_MS } from "./limits.ts";
import { OpensearchResults } from "./opensearch_results.ts";
import type { Results } from "./results.ts";

/** Results, and the job that they are of. */
export interface OpenedResults {
  readonly plan: JobPlan;
  readonly results: Results;
  close(): Promise<void>;
}

/**
 * Opens them.
 *
 * @throws {FlagdropError} When the cluster can't be reached or has none.
 */
export async function openOpensearchResults(
  settings: OpensearchSettings,
  log: SinkLog,
  clock: Clock = systemClock,
): Promise<OpenedResults> {
  const client = new OpensearchClient({ settings, clock });
  try {
    const trouble = new Trouble({ clock, log, name: client.name });
    const tryMsMax = READ_TIMEOUT_MS;
    const { random } = Math;
    const requester = { client, clock, random, trouble, tryMsMax };
    const plan = await storedJobPlan(requester, settings.indexPrefix);
    // Nothing is written here: neither ids nor versions matter.
    const indexPlan = planIndices(plan, { ...settings, hasIds: true });
    const results = new OpensearchResults({ client, plan, indexPlan });
    return { plan, results, close: () => client.close() };
  } catch (error) {
    await client.close();
    throw error;
  }
}
