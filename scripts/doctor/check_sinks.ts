/**
 * Where documents go: files that can be written, clusters that answer.
 *
 * @module
 */
import type { Clock } from "../../engine/clock.ts";
import { errorLine } from "../../engine/errors.ts";
import type { SinkAddress } from "../../engine/sink/open_sink.ts";
import { OpensearchClient } from "../../engine/sink/opensearch/opensearch_client.ts";
import type { OpensearchSettings } from "../../engine/sink/opensearch/opensearch_settings.ts";
import {
  type OpensearchAnswer,
  refusalOf,
  refusalText,
} from "../../engine/sink/opensearch/refusal.ts";
import { checkFile } from "./check_place.ts";
import { type Finding, failed, ok, wrong } from "./finding.ts";
import { ANSWER_MS_MAX } from "./limits.ts";

/** A line feed: no operation, so nothing is written, but writing is asked. */
const EMPTY_BULK = Buffer.from("\n");

/** What a cluster says of itself: name and version. */
function introduction({ bytes }: OpensearchAnswer): string {
  try {
    const { version } = JSON.parse(bytes.toString()) as {
      readonly version?: { readonly distribution?: string; number?: string };
    };
    return `${version?.distribution ?? "elasticsearch"} ${version?.number ?? ""}`;
  } catch {
    return "something that answers";
  }
}

function refusedFinding(
  check: string,
  { action, answer }: { action: string; answer: OpensearchAnswer },
  { auth }: OpensearchSettings,
): Finding {
  const refusal = refusalOf(answer);
  const fix =
    auth.type === "sigv4"
      ? `allow ${action} to this role in IAM and in the domain's access policy`
      : "check user and password, or their role in the cluster";
  return wrong(check, `refused (${refusalText(refusal)})`, {
    fix: refusal.kind === "credentials" ? fix : "see what the cluster says",
    code: "FD_SINK",
  });
}

/** Asks a cluster who it is, and whether it would take documents. */
async function checkCluster(
  settings: OpensearchSettings,
  clock: Clock,
): Promise<Finding[]> {
  const check = `sink opensearch:${settings.origins.join(",")}`;
  const client = new OpensearchClient({ settings, clock });
  const isServerless =
    settings.auth.type === "sigv4" && settings.auth.service === "aoss";
  try {
    // A collection has no root to ask.
    const path = isServerless ? "/_search?size=0" : "/";
    const timeoutMs = ANSWER_MS_MAX;
    const hello = await client.send({ method: "GET", path, timeoutMs });
    if (hello.status >= 300) {
      const refused = { action: "es:ESHttpGet", answer: hello };
      return [refusedFinding(check, refused, settings)];
    }
    const findings = [
      ok(check, isServerless ? "a collection" : introduction(hello)),
    ];
    const bulk = await client.send({
      method: "POST",
      path: "/_bulk",
      contentType: "application/x-ndjson",
      body: EMPTY_BULK,
      timeoutMs,
    });
    const writing = "permission to write documents";
    // Refused for having no operation: it was allowed to ask.
    const isAllowed = bulk.status < 300 || bulk.status === 400;
    findings.push(
      isAllowed
        ? ok(writing, "allowed")
        : refusedFinding(
            writing,
            { action: "es:ESHttpPost", answer: bulk },
            settings,
          ),
    );
    return findings;
  } catch (error) {
    if (error instanceof Error && error.name === "NoAnswerError") {
      return [
        wrong(check, `no answer (${errorLine(error)})`, {
          fix: "check the address, the security group and --ca-file",
          code: "FD_NETWORK",
        }),
      ];
    }
    return [failed(check, error)];
  } finally {
    await client.close();
  }
}

/** Checks one sink. */
export async function checkSink(
  address: SinkAddress,
  settings: OpensearchSettings | undefined,
  clock: Clock,
): Promise<Finding[]> {
  switch (address.kind) {
    case "none":
      return [ok("sink none", "documents are dropped")];
    case "opensearch":
      return settings === undefined ? [] : await checkCluster(settings, clock);
    default:
      return address.path === "-"
        ? [ok("sink ndjson:-", "standard output")]
        : [
            await checkFile(
              `sink ${address.kind}:${address.path}`,
              address.path,
            ),
          ];
  }
}
