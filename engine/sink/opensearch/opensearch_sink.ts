/**
 * Documents in an OpenSearch cluster, each under its own id.
 *
 * @module
 */
import { type Clock, systemClock } from "../../clock.ts";
import { errorLine } from "../../errors.ts";
import type { JobPlan } from "../../job/plan.ts";
import { OpensearchResults } from "../../results/opensearch_results.ts";
import { RecentResults } from "../../results/recent_results.ts";
import { latestRows } from "../latest_rows.ts";
import type {
  DeadLetter,
  FiredWindow,
  Sink,
  SinkLog,
  SinkStats,
  WriteGuard,
} from "../sink.ts";
import { BulkRenderer } from "./bulk_renderer.ts";
import { BulkSender } from "./bulk_sender.ts";
import { checkIds } from "./check_ids.ts";
import { IndexKeeper } from "./index_keeper.ts";
import { type IndexPlan, planIndices } from "./index_plan.ts";
import { DOCUMENTS_PER_BULK_WRITE, SETUP_MS_MAX } from "./limits.ts";
import { OpensearchClient } from "./opensearch_client.ts";
import type { OpensearchSettings } from "./opensearch_settings.ts";
import type { OpensearchTransport } from "./opensearch_transport.ts";
import { takenWindows } from "./taken_windows.ts";
import { Trouble } from "./trouble.ts";

/** Options for {@linkcode OpensearchSink}. */
export interface OpensearchSinkOptions {
  readonly plan: JobPlan;
  readonly settings: OpensearchSettings;
  readonly log?: SinkLog | undefined;
  /** See `SinkOptions`. @default {Infinity} */
  readonly firedMs?: number | undefined;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Uniform in [0, 1). @default {Math.random} */
  readonly random?: () => number;
  /** @default {over HTTP} */
  readonly transport?: OpensearchTransport;
}

/** How the ids of a window's documents begin. */
function groupOf({ query, timestampMs }: FiredWindow): string {
  return `${query.name}|${timestampMs}`;
}

/** Writes to OpenSearch. */
export class OpensearchSink implements Sink {
  readonly name: string;
  readonly documentsPerWrite = DOCUMENTS_PER_BULK_WRITE;
  /** The cluster keeps them; there is no file. */
  readonly lengthBytes = 0;
  /** What the cluster has, to be read while the sink is open. */
  readonly results: RecentResults;
  readonly #options: OpensearchSinkOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #indexPlan: IndexPlan;
  readonly #client: OpensearchClient;
  readonly #trouble: Trouble;
  readonly #keeper: IndexKeeper;
  readonly #renderer: BulkRenderer;
  readonly #sender: BulkSender;
  /** Documents of the last write that are never taken. */
  #letters: readonly DeadLetter[] = [];
  #refused = 0;

  constructor(options: OpensearchSinkOptions) {
    const { plan, settings, log, transport } = options;
    const { clock = systemClock, random = Math.random } = options;
    this.name = `opensearch:${settings.origins.join(",")}`;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#indexPlan = planIndices(plan, settings);
    this.#client = new OpensearchClient({ settings, clock, transport });
    const { name } = this.#client;
    this.results = new RecentResults(
      plan,
      new OpensearchResults({
        client: this.#client,
        plan,
        indexPlan: this.#indexPlan,
      }),
    );
    this.#trouble = new Trouble({ clock, log, name });
    this.#keeper = new IndexKeeper({
      queries: plan.queries,
      indexPlan: this.#indexPlan,
      settings,
      log,
    });
    this.#renderer = new BulkRenderer(plan, this.#indexPlan);
    this.#sender = new BulkSender({
      client: this.#client,
      keeper: this.#keeper,
      trouble: this.#trouble,
      clock,
      random,
      gzip: settings.gzip,
      filtersAnswers: !this.#isServerless,
      sinkName: this.name,
    });
  }

  get #isServerless(): boolean {
    const { auth } = this.#options.settings;
    return auth.type === "sigv4" && auth.service === "aoss";
  }

  async open(): Promise<void> {
    const { plan, settings, log } = this.#options;
    const requester = {
      client: this.#client,
      clock: this.#clock,
      random: this.#random,
      trouble: this.#trouble,
      tryMsMax: SETUP_MS_MAX,
    };
    await this.#keeper.prepare(requester);
    if (settings.indexTime === "none") {
      for (const query of plan.queries) {
        await this.#keeper.ensure(requester, this.#indexPlan.baseOf(query));
      }
    }
    const [query] = plan.queries;
    if (query !== undefined && settings.hasIds && this.#isServerless) {
      const name = this.#indexPlan.indexOf(query, this.#clock.nowMs());
      await this.#keeper.ensure(requester, name);
      await checkIds(requester, name);
    }
    await this.#beginResults();
    this.#trouble.over();
    if (settings.hasIds) return;
    log?.warn(
      { sink: this.name },
      "documents are written without ids: after a failure some may be there twice",
    );
  }

  /** Whoever may only write goes without results. */
  async #beginResults(): Promise<void> {
    try {
      await this.results.begin(this.#options.firedMs);
    } catch (error) {
      this.#options.log?.warn(
        { sink: this.name, reason: errorLine(error) },
        "results in the cluster can't be read",
      );
    }
  }

  async write(
    windows: readonly FiredWindow[],
    guard: WriteGuard = async () => {},
  ): Promise<void> {
    this.#renderer.begin(latestRows(windows));
    const letters = await this.#sender.send(
      (bytes, requests) => this.#renderer.next(bytes, requests),
      guard,
    );
    // What is early comes again, and is judged then.
    const final = new Set(
      windows.filter(({ isEarly }) => isEarly !== true).map(groupOf),
    );
    const isFinal = ({ sequenceNumber }: DeadLetter) =>
      sequenceNumber === "" ||
      final.has(sequenceNumber.split("|", 2).join("|"));
    this.#letters = letters.filter(isFinal);
    // What is early is shown from memory, as provisional.
    const fired = windows.filter(({ isEarly }) => isEarly !== true);
    this.results.add(takenWindows(fired, this.#letters, this.#indexPlan));
  }

  takeRefused(): readonly DeadLetter[] {
    const letters = this.#letters;
    this.#letters = [];
    this.#refused += letters.length;
    return letters;
  }

  /** What is acknowledged is in the cluster's own log. */
  async sync(): Promise<void> {}

  stats(): SinkStats {
    return {
      ...this.#sender.figures,
      refused: this.#refused,
      trouble: this.#trouble.text,
    };
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
