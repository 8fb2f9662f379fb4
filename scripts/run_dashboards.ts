/**
 * What `flagdrop dashboards` does once its options are read.
 *
 * @module
 */
import { systemClock } from "../engine/clock.ts";
import { errorLine, FlagdropError } from "../engine/errors.ts";
import { planJob } from "../engine/job/plan.ts";
import { cityDashboard } from "../engine/saved_objects/city_dashboard.ts";
import {
  type DashboardsVersion,
  savedObjectLines,
} from "../engine/saved_objects/saved_object.ts";
import { planIndices } from "../engine/sink/opensearch/index_plan.ts";
import { OpensearchClient } from "../engine/sink/opensearch/opensearch_client.ts";
import { indexPrefixOf } from "../engine/sink/opensearch/opensearch_settings.ts";
import type { CommandContext } from "./context.ts";
import type { ConnectionOptions } from "./options/connection.ts";
import { jobFrom } from "./options/job_option.ts";
import {
  type OpensearchOptions,
  opensearchSettings,
} from "./options/opensearch_options.ts";

/** Values of the command's options. */
export interface DashboardsOptions
  extends ConnectionOptions,
    Partial<OpensearchOptions> {
  readonly dashboardsVersion: DashboardsVersion;
  readonly tiles: string;
  readonly timeFrom: string;
  readonly timeTo: string;
  readonly refresh: number;
  readonly zones?: string;
  readonly job?: string;
}

/** What the command was asked for. */
export interface DashboardsRequest {
  readonly action: "export" | "install";
  readonly url: string | undefined;
}

function refuse(message: string): FlagdropError {
  return new FlagdropError("FD_OPTION", message, { domain: "user" });
}

/** The objects as lines. */
async function linesFrom(options: DashboardsOptions): Promise<string> {
  const plan = planJob(await jobFrom(options));
  const indexPlan = planIndices(plan, {
    indexPrefix: options.opensearchIndex ?? indexPrefixOf(plan.name),
    indexTime: options.opensearchIndexTime ?? "none",
    hasIds: true,
    emitsEarly: false,
  });
  const { tiles, timeFrom, timeTo, refresh: refreshMs } = options;
  if (tiles !== "none" && !/^https?:\/\//.test(tiles)) {
    throw refuse(
      `Cannot use "${tiles}" as --tiles: write an http or https address, or none`,
    );
  }
  return savedObjectLines(
    cityDashboard({
      plan,
      indexPlan,
      version: options.dashboardsVersion,
      tiles: tiles === "none" ? undefined : tiles,
      timeFrom,
      timeTo,
      refreshMs,
    }),
  );
}

const BOUNDARY = "flagdrop-saved-objects";

/** The form that the import takes: one file. */
function formBody(lines: string): Buffer {
  return Buffer.from(
    [
      `--${BOUNDARY}`,
      'Content-Disposition: form-data; name="file"; filename="flagdrop.ndjson"',
      "Content-Type: application/ndjson",
      "",
      `${lines}`,
      `--${BOUNDARY}--`,
      "",
    ].join("\r\n"),
  );
}

/** Amazon's domains have Dashboards below a path, `/_dashboards`. */
function splitPath(text: string): { address: string; folder: string } {
  if (!URL.canParse(text)) return { address: text, folder: "" };
  const url = new URL(text);
  const folder = url.pathname.replace(/\/+$/, "");
  if (folder === "") return { address: text, folder };
  url.pathname = "/";
  return { address: url.href, folder };
}

async function install(
  text: string,
  lines: string,
  options: DashboardsOptions,
): Promise<number> {
  const { address: url, folder } = splitPath(text);
  // Dashboards of its own often has no authentication in front of it.
  const auth =
    options.opensearchAuth ??
    (options.opensearchUser === undefined && !url.includes("@")
      ? "none"
      : "basic");
  const settings = await opensearchSettings(url, {
    ...options,
    opensearchAuth: auth,
  });
  const client = new OpensearchClient({ settings, clock: systemClock });
  const fail = (why: string, cause?: unknown) =>
    new FlagdropError(
      "FD_SERVICE",
      `Cannot install the dashboard at ${client.name} (${why}): check the address of Dashboards and --opensearch-auth`,
      { cause },
    );
  try {
    const answer = await client.send({
      method: "POST",
      path: `${folder}/api/saved_objects/_import?overwrite=true`,
      contentType: `multipart/form-data; boundary=${BOUNDARY}`,
      headers: { "osd-xsrf": "true" },
      body: formBody(lines),
    });
    const text = answer.bytes.toString("utf8");
    if (answer.status !== 200)
      throw fail(`${answer.status}: ${text.slice(0, 300)}`);
    const { success, successCount, errors } = JSON.parse(text) as {
      success?: boolean;
      successCount?: number;
      errors?: unknown;
    };
    if (success === true) return successCount ?? 0;
    throw fail(JSON.stringify(errors ?? text).slice(0, 300));
  } catch (error) {
    if (error instanceof FlagdropError) throw error;
    throw fail(errorLine(error), error);
  } finally {
    await client.close();
  }
}

/**
 * Writes or installs the objects.
 *
 * @throws {FlagdropError} When the job or Dashboards can't be used.
 */
export async function runDashboards(
  { action, url }: DashboardsRequest,
  options: DashboardsOptions,
  { stdout }: CommandContext,
): Promise<void> {
  if ((action === "install") !== (url !== undefined)) {
    throw refuse(
      url === undefined
        ? "Cannot install without an address: give that of Dashboards, such as http://127.0.0.1:5601"
        : `Cannot export to "${url}": use install, or write the output to a file`,
    );
  }
  const lines = await linesFrom(options);
  if (url === undefined) {
    stdout.write(lines);
    return;
  }
  const count = await install(url, lines, options);
  stdout.write(`${count} objects are installed\n`);
}
