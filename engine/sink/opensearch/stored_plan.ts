/**
 * The job whose documents a cluster has, as its indices tell it.
 *
 * @module
 */
import { FlagdropError } from "../../errors.ts";
import type { JobPlan } from "../../job/plan.ts";
import { META_VERSION } from "./index_plan.ts";
import { patientRequest, type Requester } from "./patient_request.ts";
import { refusalOf, refusalText } from "./refusal.ts";

interface FoundMeta {
  readonly version?: number;
  readonly plan?: JobPlan;
}

type FoundMappings = Readonly<
  Record<
    string,
    {
      readonly mappings?: {
        readonly _meta?: { readonly flagdrop?: FoundMeta };
      };
    }
  >
>;

/**
 * Reads the job from the mappings of its indices.
 *
 * @param indexPrefix As `--opensearch-index` says.
 * @throws {FlagdropError} `FD_STORE` when there are none of ours.
 */
export async function storedJobPlan(
  requester: Requester,
  indexPrefix: string,
): Promise<JobPlan> {
  const answer = await patientRequest(requester, {
    method: "GET",
    path: `/${encodeURIComponent(indexPrefix)}-%2A/_mapping`,
  });
  const fail = (why: string) =>
    new FlagdropError(
      "FD_STORE",
      `Cannot find results at ${requester.client.name} as ${why}: name the prefix of a run with --opensearch-index`,
      { domain: "user" },
    );
  if (answer.status >= 300 && answer.status !== 404) {
    throw fail(`the cluster refused (${refusalText(refusalOf(answer))})`);
  }
  const found: FoundMappings =
    answer.status === 404
      ? {}
      : (JSON.parse(answer.bytes.toString("utf8")) as FoundMappings);
  for (const { mappings } of Object.values(found)) {
    const { version, plan } = mappings?._meta?.flagdrop ?? {};
    if (version === META_VERSION && plan !== undefined) return plan;
  }
  throw fail(`no index "${indexPrefix}-…" there is of a run`);
}
