/**
 * What the documents must be: each shard read once, from first to last, with
 * maps and JSON.parse. Shares no code with the engine.
 */
import { PLACES } from "./sim_job.ts";
import type { SimShard, SimStream } from "./sim_stream.ts";

const RIDES_WINDOW_MS = 10_000;
const TAKINGS_WINDOW_MS = 30_000;

export interface ReferenceCounts {
  read: number;
  tallied: number;
  filtered: number;
  undeclared: number;
  watermarks: number;
  dead: number;
  late: number;
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

class Tally {
  readonly rides: Windows = new Map();
  readonly takings: Windows = new Map();
  readonly dead: string[] = [];
  readonly counts: ReferenceCounts = {
    read: 0,
    tallied: 0,
    filtered: 0,
    undeclared: 0,
    watermarks: 0,
    dead: 0,
    late: 0,
  };

  /** Reads one shard; gives its last watermark. */
  read(shard: SimShard, watermarkMs: number): number {
    let now = watermarkMs;
    for (const record of shard.records.slice(shard.trimmedCount)) {
      this.counts.read++;
      let event: Record<string, unknown>;
      try {
        event = JSON.parse(record.data.toString());
      } catch {
        this.counts.dead++;
        this.dead.push(record.sequenceNumber);
        continue;
      }
      if (event["type"] === "watermark") {
        this.counts.watermarks++;
        now = Math.max(now, Date.parse(String(event["watermark"])));
      } else if (event["type"] === "ride") this.#ride(event, now);
      else this.counts.undeclared++;
    }
    return now;
  }

  #ride(event: Record<string, unknown>, watermarkMs: number): void {
    const amount = Number(event["amount"]);
    if (amount > 100) {
      this.counts.filtered++;
      return;
    }
    const place = PLACES.find(({ lat }) => lat === event["lat"]);
    if (place === undefined) throw new RangeError("no such place");
    const atMs = Date.parse(String(event["at"]));
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
    else this.counts.late++;
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
    if (ride.watermarkMs >= last) return false;
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
export function referenceOf(stream: SimStream): Reference {
  const tally = new Tally();
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
