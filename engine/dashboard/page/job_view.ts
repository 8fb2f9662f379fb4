/**
 * The job view: what limits the run, the flow, and everything in figures.
 *
 * @module
 */
import type { EngineStatus, ShardStatus } from "../../status/status.ts";
import { getJson, type JobDetails } from "./api.ts";
import { ask } from "./confirm.ts";
import { byId, h, setText } from "./dom.ts";
import { showFacts } from "./fact_cards.ts";
import { bytesText, countText } from "./format.ts";
import { correctionTable, delayBars, delayTable } from "./job_delays.ts";
import { factGroups } from "./job_facts.ts";
import { JobFlow } from "./job_flow.ts";
import {
  countTable,
  detailTables,
  sinkTable,
  workerTable,
} from "./job_tables.ts";
import { limitOf } from "./limit_sentence.ts";
import { RateHistory, type Rates } from "./rates.ts";
import { shardTable } from "./shard_table.ts";

/** How often details are asked for while the view is open, ms. */
const DETAILS_INTERVAL_MS = 3_000;

const NO_DETAILS: JobDetails = {
  config: {},
  actions: [],
  isReadOnly: true,
  tiles: null,
  tilesCredit: null,
  problems: [],
  deadLetters: [],
};

/** The view. */
export class JobView {
  readonly #history = new RateHistory();
  readonly #flow = new JobFlow();
  readonly #tables = [
    workerTable(),
    sinkTable(),
    countTable(),
    delayTable(),
    delayBars(),
    correctionTable(),
  ];
  readonly #showShards = shardTable((shard) => this.#move(shard));
  readonly #showDetails = detailTables();
  readonly #buttons: Readonly<Record<string, HTMLButtonElement>> = {
    savepoint: byId<HTMLButtonElement>("do-savepoint"),
    setWorkers: byId<HTMLButtonElement>("do-workers"),
    stop: byId<HTMLButtonElement>("do-stop"),
  };
  #details = NO_DETAILS;
  #detailsAtMs = Number.NEGATIVE_INFINITY;
  #status: EngineStatus | undefined;
  #isOpen = false;

  constructor() {
    byId("do-savepoint").addEventListener("click", () =>
      ask({
        path: "savepoint",
        body: {},
        title: "Take a savepoint",
        text: "The run's memory is written to its checkpoint store and kept until you delete it. Reading goes on.",
        verb: "Take it",
        done: ({ name, bytes, store }) =>
          `Savepoint ${name} is taken: ${bytesText(Number(bytes))} in ${store}.`,
      }),
    );
    byId("do-stop").addEventListener("click", () =>
      ask({
        path: "stop",
        body: {},
        title: "Stop the run",
        text: "Reading ends, what is under way is finished and written, and the process exits. This page will be gone.",
        verb: "Stop it",
        done: () => "The run is stopping.",
      }),
    );
    byId("do-workers").addEventListener("click", () => this.#setWorkers());
  }

  #setWorkers(): void {
    const count = Number(byId<HTMLInputElement>("worker-count").value);
    ask({
      path: "workers",
      body: { count },
      title: `Run with ${count} worker${count === 1 ? "" : "s"}`,
      text: "Shards are dealt anew; each makes a final flush before it moves, so nothing is lost or read twice.",
      verb: "Change it",
      done: ({ before, count: now }) =>
        `Workers: ${now} from now on, ${before} before.`,
    });
  }

  #move({ shardId, worker }: ShardStatus): void {
    const select = byId<HTMLSelectElement>("confirm-worker");
    const workers = this.#status?.workers ?? [];
    select.replaceChildren(
      ...workers
        .filter((one) => one.worker !== worker)
        .map((one) =>
          h("option", { value: one.worker }, [
            `worker ${one.worker} (${countText(one.shards)} shards)`,
          ]),
        ),
    );
    const label = byId("confirm-choice");
    label.hidden = false;
    byId("confirm").addEventListener(
      "close",
      () => {
        label.hidden = true;
      },
      { once: true },
    );
    ask({
      path: "shards/move",
      // Read when the answer is yes.
      body: {
        shardId,
        get worker() {
          return Number(select.value);
        },
      },
      title: `Move ${shardId}`,
      text: `From worker ${worker}. It makes a final flush first, so nothing is lost or read twice.`,
      verb: "Move it",
      done: () => `${shardId} is on its way.`,
    });
  }

  /** The view is seen, or not any more. */
  open(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#detailsAtMs = Number.NEGATIVE_INFINITY;
    if (this.#status !== undefined) this.take(this.#status);
  }

  /** Takes a status; null where no engine runs. */
  take(status: EngineStatus | null): void {
    byId("job-none").hidden = status !== null;
    byId("job-all").hidden = status === null;
    if (status === null) return;
    this.#status = status;
    const rates = this.#history.add(status);
    if (!this.#isOpen) return;
    this.#show(status, rates);
    const nowMs = performance.now();
    if (nowMs - this.#detailsAtMs < DETAILS_INTERVAL_MS) return;
    this.#detailsAtMs = nowMs;
    this.#readDetails().catch(() => {});
  }

  /** The engine is not heard any more: nothing is said of the present. */
  lost(heardAt: string): void {
    if (this.#status === undefined) return;
    const { state } = this.#status;
    const hasEnded = state === "stopping" || state === "finished";
    setText(
      byId("limit-text"),
      hasEnded
        ? "The run has ended, and its process with it: this is the last that it told."
        : `The engine has not been heard of since ${heardAt}: this is what it told then.`,
    );
    byId("limit").setAttribute("data-tone", hasEnded ? "good" : "bad");
  }

  #show(status: EngineStatus, rates: Rates): void {
    const limit = limitOf(status, rates);
    setText(byId("limit-text"), limit.text);
    byId("limit").setAttribute("data-tone", limit.tone);
    this.#flow.show(status, rates, limit);
    const shown = { status, rates };
    this.#showShards(shown, this.#details.actions.includes("moveShard"));
    for (const show of this.#tables) show(shown);
    showFacts(factGroups(status, rates));
    const count = byId<HTMLInputElement>("worker-count");
    if (count.value === "") count.value = String(status.workers.length);
    setText(
      byId("letters-total"),
      status.deadLetters === 0
        ? "None: nothing had to be left aside."
        : `${countText(status.deadLetters)} in all, the newest first.`,
    );
  }

  async #readDetails(): Promise<void> {
    const details = await getJson<JobDetails>("/api/job");
    this.#details = details;
    this.#showDetails(details);
    for (const [name, button] of Object.entries(this.#buttons)) {
      const isThere = details.actions.includes(name);
      button.disabled = !isThere;
      button.title = isThere
        ? ""
        : details.isReadOnly
          ? "This page is read-only"
          : name === "savepoint"
            ? "This run keeps no checkpoints: start it with --checkpoint"
            : "This run has no means for it";
    }
    const none = details.problems.length === 0;
    setText(
      byId("problems-total"),
      none ? "None." : "The newest first; the log has them all.",
    );
  }
}
