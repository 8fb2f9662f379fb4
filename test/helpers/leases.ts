/** Owners, clocks and stores for tests of leases. */
import { pino } from "pino";
import type { LeaseOptions } from "../../engine/checkpoint/lease_options.ts";
import type {
  LeaseOwner,
  OwnerState,
} from "../../engine/checkpoint/lease_owner.ts";
import type {
  ObjectHead,
  ObjectStore,
} from "../../engine/checkpoint/object_store.ts";
import { TurnedClock } from "../workers/kinesis/turned_clock.ts";

export const LEASE_MS = 15_000;

/** An owner on some machine. */
function ownerOf(id: string, hostname = "here"): LeaseOwner {
  return {
    id,
    pid: 4_711,
    startTime: "12",
    bootId: "boot",
    pidNamespace: "pid:[1]",
    hostname,
  };
}

/** Options of one owner; by default nothing is known of others. */
export function leaseOptions(
  id: string,
  options: {
    readonly clock?: TurnedClock;
    readonly state?: OwnerState;
    readonly signal?: AbortSignal;
  } = {},
): LeaseOptions {
  const { clock = new TurnedClock(), state = "elsewhere", signal } = options;
  return {
    self: ownerOf(id),
    stateOf: async () => state,
    clock,
    log: pino({ level: "silent" }),
    signal,
  };
}

/** Objects in memory, with faults to be set. */
export class MemoryObjects implements ObjectStore {
  readonly name = "memory";
  readonly kind = "checkpoint store";
  readonly objects = new Map<string, Buffer>();
  head: ObjectHead | undefined;
  /** Everything fails with it while it is set. */
  failure: Error | undefined;
  /** The next swap happens, but its answer is lost. */
  loseAnswer = false;
  #swaps = 0;

  #reach(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  async list(): Promise<string[]> {
    this.#reach();
    return [...this.objects.keys()];
  }

  async get(name: string): Promise<Buffer | undefined> {
    this.#reach();
    return this.objects.get(name);
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    this.#reach();
    this.objects.set(name, bytes);
  }

  async remove(name: string): Promise<void> {
    this.#reach();
    this.objects.delete(name);
  }

  async readHead(): Promise<ObjectHead | undefined> {
    this.#reach();
    return this.head;
  }

  async swapHead(
    bytes: Buffer,
    version: string | undefined,
  ): Promise<string | undefined> {
    this.#reach();
    if (this.head?.version !== version) return undefined;
    this.head = { bytes, version: String(++this.#swaps) };
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new Error("no answer");
    }
    return this.head.version;
  }

  async close(): Promise<void> {}
}
