/**
 * Sends bulk bodies until every item of them is written or refused for ever.
 *
 * An item is in one request at a time: a request that failed is over before
 * its items are sent again.
 *
 * @module
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "../../clock.ts";
import { errorLine } from "../../errors.ts";
import { backoffMs } from "../../kinesis/backoff.ts";
import type { DeadLetter, WriteGuard } from "../sink.ts";
import {
  BULK_FILTER,
  GarbledBulkError,
  type RefusedItem,
  refusedItems,
} from "./bulk_answer.ts";
import {
  type BulkBatch,
  type BulkSource,
  fitting,
  halves,
  idOf,
  itemBytes,
  itemCount,
  pickItems,
} from "./bulk_batch.ts";
import { BulkPace } from "./bulk_pace.ts";
import { fatalError } from "./fatal_error.ts";
import type { IndexKeeper } from "./index_keeper.ts";
import { SINK_BACKOFF } from "./limits.ts";
import type {
  OpensearchClient,
  OpensearchRequest,
} from "./opensearch_client.ts";
import { NoAnswerError } from "./opensearch_transport.ts";
import {
  type OpensearchAnswer,
  type Refusal,
  refusalOf,
  refusalText,
  retryAfterMs,
} from "./refusal.ts";
import type { Trouble } from "./trouble.ts";

const compressed = promisify(gzip);

/** Options for {@linkcode BulkSender}. */
export interface BulkSenderOptions {
  readonly client: OpensearchClient;
  readonly keeper: Pick<IndexKeeper, "ensure" | "forget">;
  readonly trouble: Trouble;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly gzip: boolean;
  /** Whether a body may name what its answer shall hold. */
  readonly filtersAnswers: boolean;
  /** Names the sink in dead letters. */
  readonly sinkName: string;
}

/** What came of one request. */
interface Attempt {
  /** Items to be sent again, and why. */
  readonly again: readonly RefusedItem[];
  /** Items that are never taken. */
  readonly dead: readonly RefusedItem[];
  readonly waitMs: number;
}

/** All items of a batch, for the same reason. */
function allItems(batch: BulkBatch, refusal: Refusal): RefusedItem[] {
  return Array.from({ length: itemCount(batch) }, (_, item) => ({
    item,
    refusal,
  }));
}

/** Figures since the sink was opened. */
export interface BulkFigures {
  readonly documents: number;
  readonly bytes: number;
  readonly retries: number;
}

/** Sends to one cluster. */
export class BulkSender {
  readonly #options: BulkSenderOptions;
  readonly pace = new BulkPace();
  readonly #path: string;
  #documents = 0;
  #bytes = 0;
  #retries = 0;
  /** Nothing is sent before this: the cluster asked for it. Monotonic ms. */
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  /** Bodies that are being sent again. */
  readonly #stuck = new Set<BulkBatch>();

  constructor(options: BulkSenderOptions) {
    this.#options = options;
    this.#path = options.filtersAnswers ? `/_bulk?${BULK_FILTER}` : "/_bulk";
  }

  /** The figures so far. */
  get figures(): BulkFigures {
    return {
      documents: this.#documents,
      bytes: this.#bytes,
      retries: this.#retries,
    };
  }

  /**
   * Sends everything that a source has.
   *
   * @param guard Awaited before each request.
   * @returns The documents that are never taken.
   * @throws {FlagdropError} When the cluster takes nothing any more.
   */
  async send(source: BulkSource, guard: WriteGuard): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    const waiting: BulkBatch[] = [];
    const active = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    let ahead: BulkBatch | undefined;
    const next = () => source(this.pace.bytes, this.pace.requests);
    for (;;) {
      while (failure === undefined && active.size < this.pace.requests) {
        const found = waiting.pop() ?? ahead ?? next();
        if (found === undefined) break;
        if (found === ahead) ahead = undefined;
        const [batch, ...rest] = fitting(found, this.pace.bytes);
        waiting.push(...rest);
        const delivery: Promise<void> = this.#deliver(batch, {
          guard,
          letters,
          waiting,
        })
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => active.delete(delivery));
        active.add(delivery);
      }
      if (active.size === 0) break;
      // Made while the cluster is busy, so that it need not wait for it.
      ahead ??= next();
      await Promise.race(active);
    }
    if (failure !== undefined) throw failure.error;
    return letters;
  }

  async #deliver(
    batch: BulkBatch,
    work: {
      readonly guard: WriteGuard;
      readonly letters: DeadLetter[];
      readonly waiting: BulkBatch[];
    },
  ): Promise<void> {
    const { clock, client } = this.#options;
    let rest = batch;
    for (let attempt = 1; ; attempt++) {
      await this.#ready(rest.indices, work.guard);
      const request = await this.#request(rest, work.guard);
      // Making an index may have taken long.
      await work.guard();
      const { again, dead, waitMs } = await this.#attempt(
        rest,
        request,
        attempt,
      );
      for (const { item, refusal } of dead) {
        work.letters.push(this.#letter(itemBytes(rest, item), refusal));
      }
      this.#documents += itemCount(rest) - again.length - dead.length;
      if (again.length === 0) {
        this.#stuck.delete(batch);
        if (this.#stuck.size === 0) this.#options.trouble.over();
        return;
      }
      this.#stuck.add(batch);
      this.#retries++;
      // Whoever gets on need not wait longer each time.
      if (again.length < itemCount(rest)) attempt = 0;
      rest = pickItems(
        rest,
        again.map(({ item }) => item),
      );
      if (waitMs > 0) await clock.sleep(waitMs, client.signal);
      if (this.#mustSplit(rest, again)) {
        work.waiting.push(...halves(rest));
        this.#stuck.delete(batch);
        return;
      }
    }
  }

  /** Waits until a request may be sent. */
  async #ready(indices: readonly string[], guard: WriteGuard): Promise<void> {
    const { clock, client, keeper } = this.#options;
    const holdMs = this.#holdUntilMs - clock.monotonicMs();
    if (holdMs > 0) await clock.sleep(holdMs, client.signal);
    client.signal.throwIfAborted();
    await guard();
    for (const name of indices) await keeper.ensure(this.#options, name);
  }

  /** Whether what is left is more than may be sent at once by now. */
  #mustSplit(rest: BulkBatch, again: readonly RefusedItem[]): boolean {
    if (itemCount(rest) < 2) return false;
    if (again[0]?.refusal.kind === "too_large") return true;
    return rest.bytes.length > this.pace.bytes * 2;
  }

  async #attempt(
    batch: BulkBatch,
    request: OpensearchRequest,
    attempt: number,
  ): Promise<Attempt> {
    const { client, clock, random, trouble } = this.#options;
    const { epoch } = this.pace;
    const startMs = clock.monotonicMs();
    const backoff = backoffMs(attempt, SINK_BACKOFF, random);
    let answer: OpensearchAnswer;
    try {
      answer = await client.send(request);
      if (answer.status < 300) {
        const refused = refusedItems(answer.bytes, itemCount(batch));
        this.#bytes += batch.bytes.length;
        const tookMs = clock.monotonicMs() - startMs;
        return this.#judge(batch, refused, { epoch, tookMs, backoff });
      }
    } catch (error) {
      const isKnown =
        error instanceof NoAnswerError || error instanceof GarbledBulkError;
      if (!isKnown || client.signal.aborted) throw error;
      const reason = errorLine(error);
      trouble.met("transient", reason);
      const refusal = {
        kind: "transient",
        status: 0,
        type: "",
        reason,
      } as const;
      return { again: allItems(batch, refusal), dead: [], waitMs: backoff };
    }
    const refusal = refusalOf(answer);
    const askedMs = retryAfterMs(answer, clock.nowMs());
    if (askedMs > 0) this.#holdUntilMs = clock.monotonicMs() + askedMs;
    return this.#judgeWhole(batch, refusal, { epoch, backoff });
  }

  /** A request that was refused as a whole. */
  #judgeWhole(
    batch: BulkBatch,
    refusal: Refusal,
    { epoch, backoff }: { epoch: number; backoff: number },
  ): Attempt {
    const { client, trouble } = this.#options;
    const items = allItems(batch, refusal);
    if (refusal.kind === "too_large") {
      if (items.length < 2) return { again: [], dead: items, waitMs: 0 };
      this.pace.tooLarge(batch.bytes.length);
      return { again: items, dead: [], waitMs: 0 };
    }
    // What is wrong with a whole body is not a document's fault.
    const kind = refusal.kind === "document" ? "refused" : refusal.kind;
    const fatal = fatalError("write to", client.name, { ...refusal, kind });
    if (fatal !== undefined) throw fatal;
    if (refusal.kind === "throttled") this.pace.throttled(epoch, "body");
    trouble.met(refusal.kind, refusalText(refusal));
    return { again: items, dead: [], waitMs: backoff };
  }

  /** A request whose items have a status each. */
  #judge(
    batch: BulkBatch,
    refused: readonly RefusedItem[],
    at: { epoch: number; tookMs: number; backoff: number },
  ): Attempt {
    const { client, trouble, keeper } = this.#options;
    const again: RefusedItem[] = [];
    const dead: RefusedItem[] = [];
    for (const one of refused) {
      const { refusal } = one;
      // A newer version is there: this one was written, or needn't be.
      if (refusal.kind === "conflict") continue;
      const fatal = fatalError("write to", client.name, refusal);
      if (fatal !== undefined) throw fatal;
      const isDead =
        refusal.kind === "document" || refusal.kind === "too_large";
      (isDead ? dead : again).push(one);
    }
    const [first] = again;
    if (first === undefined) {
      this.pace.taken(batch.bytes.length, at.tookMs);
      return { again, dead, waitMs: 0 };
    }
    const worst =
      again.find(({ refusal }) => refusal.kind === "blocked") ?? first;
    trouble.met(worst.refusal.kind, refusalText(worst.refusal));
    if (again.some(({ refusal }) => refusal.kind === "throttled")) {
      this.pace.throttled(at.epoch, "tasks");
    }
    if (again.some(({ refusal }) => refusal.kind === "index_missing")) {
      for (const name of batch.indices) keeper.forget(name);
    }
    return { again, dead, waitMs: at.backoff };
  }

  async #request(
    batch: BulkBatch,
    guard: WriteGuard,
  ): Promise<OpensearchRequest> {
    const { gzip: isGzipped } = this.#options;
    return {
      guard,
      method: "POST",
      path: this.#path,
      contentType: "application/x-ndjson",
      isGzipped,
      body: isGzipped
        ? await compressed(batch.bytes, { level: 1 })
        : batch.bytes,
    };
  }

  #letter(item: Buffer, { status, type, reason }: Refusal): DeadLetter {
    return {
      shardId: this.#options.sinkName,
      sequenceNumber: idOf(item),
      subSequenceNumber: 0,
      reason: type || `status_${status}`,
      detail: reason,
      // The batch's own bytes live as long as its last letter.
      bytes: Uint8Array.from(item),
    };
  }
}
