/**
 * Says what keeps a cluster from taking documents: at once, again while it
 * lasts, and that it is over.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { SinkLog } from "../sink.ts";
import { TROUBLE_INTERVAL_MS } from "./limits.ts";
import type { RefusalKind } from "./refusal.ts";

/** What a user can do about a trouble that lasts. */
const REMEDIES: Partial<Record<RefusalKind, string>> = {
  blocked:
    "this does not clear by itself: free disk space, then lift the block or open the index",
  throttled: "sending less at once",
  index_missing: "making the index again",
};

/** Options for {@linkcode Trouble}. */
export interface TroubleOptions {
  readonly clock: Clock;
  readonly log: SinkLog | undefined;
  /** The cluster, as it stands in the log. */
  readonly name: string;
}

/** The present trouble of one cluster. */
export class Trouble {
  readonly #options: TroubleOptions;
  #kind: RefusalKind | undefined;
  #text: string | null = null;
  #sinceMs = 0;
  #saidAtMs = 0;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** One line; null while documents are taken. */
  get text(): string | null {
    return this.#text;
  }

  /** Something was refused and will be tried again. */
  met(kind: RefusalKind, reason: string): void {
    const { clock, log, name } = this.#options;
    const nowMs = clock.monotonicMs();
    const isNew = this.#kind === undefined;
    // A block is always said, however little after another trouble.
    const isTold =
      !isNew &&
      nowMs - this.#saidAtMs < TROUBLE_INTERVAL_MS &&
      !(kind === "blocked" && this.#kind !== "blocked");
    if (isNew) this.#sinceMs = nowMs;
    this.#kind = kind;
    const remedy = REMEDIES[kind];
    this.#text = `${reason}${remedy === undefined ? "" : `: ${remedy}`}`;
    if (isTold) return;
    this.#saidAtMs = nowMs;
    const fields = {
      cluster: name,
      reason,
      forSeconds: Math.round((nowMs - this.#sinceMs) / 1_000),
    };
    if (kind === "blocked") {
      log?.error(
        fields,
        `OpenSearch is blocked and takes no documents; nothing is lost, the sink waits: ${remedy}`,
      );
      return;
    }
    log?.warn(
      fields,
      `OpenSearch does not take documents; trying again until it does${remedy === undefined ? "" : `, ${remedy}`}`,
    );
  }

  /** A whole request was taken. */
  over(): void {
    if (this.#kind === undefined) return;
    const { clock, log, name } = this.#options;
    const seconds = Math.round((clock.monotonicMs() - this.#sinceMs) / 1_000);
    this.#kind = undefined;
    this.#text = null;
    log?.warn(
      { cluster: name, afterSeconds: seconds },
      "OpenSearch takes documents again",
    );
  }
}
