/**
 * Documents in an embedded store: a DuckDB file that this process owns.
 *
 * One write is one transaction, so what has been acknowledged survives the
 * process, and half a write never shows.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { JobPlan } from "../job/plan.ts";
import { DuckdbResults } from "../results/duckdb_results.ts";
import { RecentResults } from "../results/recent_results.ts";
import { type Database, openDatabase, storeError } from "./duckdb_database.ts";
import {
  isExpired,
  type Partition,
  type PartitionRules,
  partitionRules,
} from "./duckdb_partitions.ts";
import { checkNames } from "./duckdb_schema.ts";
import { inTransaction, prepareStore } from "./duckdb_setup.ts";
import { stagedRowBytes } from "./duckdb_stage.ts";
import { writeQuery } from "./duckdb_tables.ts";
import { latestRows } from "./latest_rows.ts";
import type { FiredWindow, Sink, SinkLog, SinkStats } from "./sink.ts";

/** Options for {@linkcode DuckdbSink}. */
export interface DuckdbSinkOptions {
  /** The file; made when it isn't there. */
  readonly file: string;
  readonly plan: JobPlan;
  /**
   * How long documents are kept, in event time, counted back from the newest;
   * up to a table's span longer, since whole tables are dropped.
   *
   * @default {undefined} for ever
   */
  readonly retentionMs?: number | undefined;
  readonly log?: SinkLog | undefined;
  /**
   * Windows that end later than this have not fired yet: what the file has of
   * them was written early. @default {Infinity}
   */
  readonly firedMs?: number | undefined;
}

/** Whether a table of before is not there any more. */
function hasDropped(
  before: readonly (readonly Partition[])[],
  after: readonly (readonly Partition[])[],
): boolean {
  return before.some((tables, i) => {
    const names = new Set(after[i]?.map(({ table }) => table));
    return tables.some(({ table }) => !names.has(table));
  });
}

/** Keeps the newest version of every document in a DuckDB file. */
export class DuckdbSink implements Sink {
  readonly name: string;
  readonly lengthBytes = 0;
  readonly file: string;
  readonly #plan: JobPlan;
  readonly #rules: PartitionRules;
  #database: Database | undefined;
  /** Tables of each query, ascending; those of the last commit. */
  #partitions: readonly (readonly Partition[])[] = [];
  /** Newest timestamp written since the store was opened. */
  #newestMs = Number.NEGATIVE_INFINITY;
  #documents = 0;
  #bytes = 0;
  #hasSkipped = false;
  readonly #log: SinkLog | undefined;
  /** What has been written, to be read while the store is open. */
  readonly results: RecentResults;
  readonly #stored: DuckdbResults;
  readonly #firedMs: number | undefined;

  constructor(options: DuckdbSinkOptions) {
    const { file, plan, retentionMs, log } = options;
    this.#log = log;
    this.name = `duckdb:${file}`;
    this.file = file;
    this.#plan = plan;
    this.#firedMs = options.firedMs;
    this.#rules = partitionRules(plan.queries.length, retentionMs);
    this.#stored = new DuckdbResults({
      file,
      plan,
      connect: () => {
        assert(this.#database !== undefined, "the store is not open");
        return this.#database.connect();
      },
    });
    this.results = new RecentResults(plan, this.#stored);
  }

  async open(): Promise<void> {
    assert(this.#database === undefined);
    checkNames(this.#plan);
    const database = await openDatabase(this.file);
    try {
      this.#partitions = await prepareStore(database.connection, {
        file: this.file,
        plan: this.#plan,
      });
      this.#database = database;
      await this.results.begin(this.#firedMs);
    } catch (error) {
      this.#database = undefined;
      await database.close().catch(() => {});
      throw storeError(`open store "${this.file}"`, error);
    }
  }

  async write(windows: readonly FiredWindow[]): Promise<void> {
    const database = this.#database;
    assert(database !== undefined);
    const times = windows.map(({ timestampMs }) => timestampMs);
    const newestMs = times.reduce((a, b) => Math.max(a, b), this.#newestMs);
    const kept = windows.filter(
      ({ timestampMs }) => !isExpired(timestampMs, this.#rules, newestMs),
    );
    if (kept.length < windows.length) this.#reportSkipped();
    const batch = latestRows(kept);
    let partitions = this.#partitions;
    let bytes = 0;
    try {
      await inTransaction(database.connection, async () => {
        for (const query of this.#plan.queries) {
          const written = await writeQuery(database, {
            query,
            batch: batch.filter(
              ({ window }) => window.query.index === query.index,
            ),
            partitions: partitions[query.index] ?? [],
            rules: this.#rules,
            newestMs,
          });
          partitions = partitions.with(query.index, written.partitions);
          bytes += written.rowCount * stagedRowBytes(query);
        }
      });
    } catch (error) {
      throw storeError(`write store "${this.file}"`, error);
    }
    if (hasDropped(this.#partitions, partitions)) this.results.dropped();
    // What is early is shown from memory, as provisional.
    this.results.add(kept.filter(({ isEarly }) => isEarly !== true));
    this.#partitions = partitions;
    this.#newestMs = newestMs;
    this.#bytes += bytes;
    for (const { rowCount } of windows) this.#documents += rowCount;
  }

  #reportSkipped(): void {
    if (this.#hasSkipped) return;
    this.#hasSkipped = true;
    this.#log?.warn(
      { store: this.file, retentionMs: this.#rules.retentionMs },
      "documents older than --retention are not kept",
    );
  }

  /** A transaction is durable when it is committed, and a document written again replaces itself. */
  async sync(): Promise<void> {}

  stats(): SinkStats {
    return { documents: this.#documents, bytes: this.#bytes, retries: 0 };
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await this.#stored.close();
    try {
      await database?.close();
    } catch (error) {
      throw storeError(`close store "${this.file}"`, error);
    }
  }
}
