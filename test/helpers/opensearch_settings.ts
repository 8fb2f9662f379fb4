/** What a sink of OpenSearch is told, where a test has nothing else to say. */
import type { OpensearchSettings } from "../../engine/sink/opensearch/opensearch_settings.ts";

/** Settings without signatures, for clusters at these origins. */
export function opensearchSettings(
  origins: readonly string[],
  more: Partial<OpensearchSettings> = {},
): OpensearchSettings {
  return {
    origins,
    auth: { type: "none" },
    caPem: "",
    indexPrefix: "taxi-dashboard",
    indexTime: "none",
    emitsEarly: false,
    hasIds: true,
    replacesTemplates: false,
    gzip: false,
    ...more,
  };
}
