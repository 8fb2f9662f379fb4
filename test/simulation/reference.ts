/**
 * What the documents must be: each shard read once, from first to last, with
 * maps and JSON.parse. Shares no code with the engine.
 */
import { type DedupeChoice, PLACES } from "./sim_job.ts";
import type { SimRecord, SimShard, SimStream } from "./sim_stream.ts";

const RIDES_WINDOW_MS = 10_000;
const TAKINGS_WINDOW_MS = 30_000;

/** What the job says of watermarks and of what is late. */
export interface ReferenceChoice {
  readonly strategy: "punctuated" | "bounded" | "ingestion";
  readonly boundMs: number;
  readonly allowedLatenessMs: number;
  /** Late records are dead letters. */
  readonly keepsLate: boolean;
  readonly dedupe: DedupeChoice | null;
}

export interface ReferenceCounts {
  read: number;
  tallied: number;
  filtered: number;
  duplicates: number;
  undeclared: number;
  watermarks: number;
  dead: number;
  late: number;
  outOfRange: number;
}

export interface Reference {
  /** Documents as JSON, by id. */
  readonly documents: ReadonlyMap<string, string>;
  readonly counts: ReferenceCounts;
  /** Sequence numbers of what can't be decoded. */
  readonly dead: readonly string[];
}

interface Cell {
  count: number;
  sum: number;
  most: number;
}

type Windows = Map<string, Cell>;

/** An id, and when the event that brought it arrived. */
interface Remembered {
  readonly id: unknown;
  readonly atMs: number;
}

/** Ids that a shard remembers, in the order of their coming. */
class Memory {
  readonly #choice: DedupeChoice;
  #list: readonly Remembered[];

  /** @param parents What its parents remembered at their ends. */
  constructor(choice: DedupeChoice, parents: readonly Memory[]) {
    this.#choice = choice;
    const all = parents.flatMap((parent) => [...parent.#list]);
    all.sort((a, b) => a.atMs - b.atMs);
    this.#list = all.slice(-choice.idsMax);
  }

  /** Whether an event came before; it is remembered else. */
  knows(id: unknown, arrivalMs: number): boolean {
    const atMs = Math.max(arrivalMs, this.#list.at(-1)?.atMs ?? -Infinity);
    const fromMs = atMs - this.#choice.withinMs;
    const fresh = this.#list.filter((one) => one.atMs >= fromMs);
    if (fresh.some((one) => one.id === id)) return true;
    this.#list = [...fresh, { id, atMs }].slice(-this.#choice.idsMax);
    return false;
  }
}

class Tally {
  readonly rides: Windows = new Map();
  readonly takings: Windows = new Map();
  readonly dead: string[] = [];
  readonly counts: ReferenceCounts = {
    read: 0,
    tallied: 0,
    filtered: 0,
    duplicates: 0,
    undeclared: 0,
    watermarks: 0,
    dead: 0,
    late: 0,
    outOfRange: 0,
  };
  readonly #choice: ReferenceChoice;
  readonly #memories = new Map<string, Memory>();
  /** Of the shard that is being read. */
  #memory: Memory | null = null;

  constructor(choice: ReferenceChoice) {
    this.#choice = choice;
  }

  /** Reads one shard; gives its last watermark. */
  read(shard: SimShard, watermarkMs: number): number {
    let now = watermarkMs;
    const { dedupe } = this.#choice;
    const parents = shard.parentShardIds.flatMap(
      (id) => this.#memories.get(id) ?? [],
    );
    this.#memory = dedupe && new Memory(dedupe, parents);
    if (this.#memory) this.#memories.set(shard.shardId, this.#memory);
    for (const record of shard.records) {
      this.counts.read += record.events.length + record.strangers;
      this.counts.outOfRange += record.strangers;
      for (const data of record.events) now = this.#event(record, data, now);
    }
    return now;
  }

  /** Takes one event; gives the watermark after it. */
  #event(record: SimRecord, data: Buffer, watermarkMs: number): number {
    const { strategy, boundMs } = this.#choice;
    const arrived = Math.max(watermarkMs, record.arrivalMs - 1);
    const now = strategy === "ingestion" ? arrived : watermarkMs;
    let event: Record<string, unknown>;
    try {
      event = JSON.parse(data.toString());
    } catch {
      this.counts.dead++;
      this.dead.push(record.sequenceNumber);
      return now;
    }
    if (event["type"] === "watermark") {
      if (strategy !== "punctuated") this.counts.undeclared++;
      else this.counts.watermarks++;
      return strategy === "punctuated"
        ? Math.max(now, Date.parse(String(event["watermark"])))
        : now;
    }
    if (event["type"] !== "ride") {
      this.counts.undeclared++;
      return now;
    }
    if (this.#memory?.knows(event["id"], record.arrivalMs)) {
      this.counts.duplicates++;
      return now;
    }
    const atMs = Date.parse(String(event["at"]));
    if (strategy === "ingestion")
      this.#ride(record, event, { atMs: now + 1, now });
    else this.#ride(record, event, { atMs, now });
    return strategy === "bounded" ? Math.max(now, atMs - boundMs - 1) : now;
  }

  #ride(
    record: SimRecord,
    event: Record<string, unknown>,
    { atMs, now: watermarkMs }: { readonly atMs: number; readonly now: number },
  ): void {
    const amount = Number(event["amount"]);
    if (amount > 100) {
      this.counts.filtered++;
      return;
    }
    const place = PLACES.find(({ lat }) => lat === event["lat"]);
    if (place === undefined) throw new RangeError("no such place");
    const isRide = this.#add(this.rides, {
      atMs,
      watermarkMs,
      windowMs: RIDES_WINDOW_MS,
      key: place.cell6,
      amount,
    });
    const isTaking = this.#add(this.takings, {
      atMs,
      watermarkMs,
      windowMs: TAKINGS_WINDOW_MS,
      key: place.cell6.slice(0, 4),
      amount,
    });
    if (isRide || isTaking) this.counts.tallied++;
    else {
      this.counts.late++;
      if (this.#choice.keepsLate) this.dead.push(record.sequenceNumber);
    }
  }

  #add(
    windows: Windows,
    ride: {
      readonly atMs: number;
      readonly watermarkMs: number;
      readonly windowMs: number;
      readonly key: string;
      readonly amount: number;
    },
  ): boolean {
    const last =
      (Math.floor(ride.atMs / ride.windowMs) + 1) * ride.windowMs - 1;
    const passedMs = ride.watermarkMs - this.#choice.allowedLatenessMs;
    if (passedMs >= last) return false;
    const name = `${last}|${ride.key}`;
    const cell = windows.get(name) ?? { count: 0, sum: 0, most: -Infinity };
    cell.count++;
    cell.sum += ride.amount;
    cell.most = Math.max(cell.most, ride.amount);
    windows.set(name, cell);
    return true;
  }

  documents(): Map<string, string> {
    const documents = new Map<string, string>();
    const add = (query: string, name: string, fields: object) => {
      const [timestamp, place] = name.split("|");
      const _id = `${query}|${name}`;
      const document = { _id, query, timestamp: Number(timestamp), place };
      documents.set(_id, JSON.stringify({ ...document, ...fields }));
    };
    for (const [name, { count }] of this.rides) {
      if (count >= 2) add("rides", name, { rides: count });
    }
    for (const [name, { count, sum, most }] of this.takings) {
      add("takings", name, { sum, mean: sum / count, most });
    }
    return documents;
  }
}

/** The documents of what the stream holds. */
export function referenceOf(
  stream: SimStream,
  choice: ReferenceChoice,
): Reference {
  const tally = new Tally(choice);
  const ends = new Map<string, number>();
  // Parents come before their children.
  for (const shard of stream.shards) {
    const parents = shard.parentShardIds.filter((id) => ends.has(id));
    const start = parents.map((id) => ends.get(id) ?? -Infinity);
    const watermarkMs = start.length === 0 ? -Infinity : Math.min(...start);
    ends.set(shard.shardId, tally.read(shard, watermarkMs));
  }
  return {
    documents: tally.documents(),
    counts: tally.counts,
    dead: tally.dead,
  };
}
