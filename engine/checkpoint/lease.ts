/**
 * The ownership of a checkpoint store, kept up by signs of life and given up
 * when it is no longer sure.
 *
 * Two things make it unsure. The store can't be reached: what would be written
 * waits, tallying goes on, and the next sign of life that gets through proves
 * that nobody came between. Or this process stood still for as long as the
 * lease lasts (it was stopped, its machine was suspended): then it must not
 * write a byte more, and the run ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CallOff } from "../clock.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import { type LeaseOptions, leaseTimes, ownerText } from "./lease_options.ts";
import { SWAP_ATTEMPTS_MAX } from "./limits.ts";
import type { ObjectStore } from "./object_store.ts";
import { decodeHead, encodeHead, type StoreHead } from "./store_head.ts";

/** A moment on both clocks: the wall clock also runs while a machine sleeps. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** Someone who waits for the lease to be sure again. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A lease that was taken. */
export class Lease {
  readonly #objects: ObjectStore;
  readonly #options: LeaseOptions;
  readonly #leaseMs: number;
  readonly #renewalMs: number;
  #head: StoreHead;
  #version: string;
  /** When the last sign of life that got through was sent. */
  #renewedAt: Moment;
  /** When this process was last seen to run. */
  #beatAtMs: number;
  #endBeats: CallOff;
  #isRenewing = false;
  #isFailing = false;
  #lost: FlagdropError | undefined;
  #isSealed = false;
  #listener: (error: unknown) => void = () => {};
  /** One for each sink, at most: each writes one batch at a time. */
  #waiters: Waiter[] = [];
  /** Swaps run one after the other. */
  #tail: Promise<void> = Promise.resolve();

  private constructor(
    objects: ObjectStore,
    options: LeaseOptions,
    taken: { head: StoreHead; version: string; at: Moment },
  ) {
    const { leaseMs, renewalMs, heartbeatMs } = leaseTimes(options);
    assert(renewalMs < leaseMs && heartbeatMs < leaseMs);
    this.#objects = objects;
    this.#options = options;
    this.#leaseMs = leaseMs;
    this.#renewalMs = renewalMs;
    this.#head = taken.head;
    this.#version = taken.version;
    this.#renewedAt = taken.at;
    this.#beatAtMs = taken.at.monotonicMs;
    this.#endBeats = options.clock.every(heartbeatMs, () => this.#beat());
  }

  /**
   * Takes a lease that is free.
   *
   * @param found The head to replace.
   * @returns Undefined when someone else was quicker.
   */
  static async take(
    objects: ObjectStore,
    found: { readonly head: StoreHead; readonly version: string | undefined },
    options: LeaseOptions,
  ): Promise<Lease | undefined> {
    const { clock, self } = options;
    const at = {
      monotonicMs: clock.monotonicMs(),
      wallMs: clock.nowMs(),
    };
    const head: StoreHead = {
      epoch: found.head.epoch + 1,
      renewal: 0,
      owner: self,
      checkpoints: found.head.checkpoints,
    };
    const version = await objects.swapHead(encodeHead(head), found.version);
    if (version === undefined) return undefined;
    return new Lease(objects, options, { head, version, at });
  }

  /** What the head said after our last swap. */
  get head(): StoreHead {
    return this.#head;
  }

  /** Is told once, when the lease is lost. */
  onLost(listener: (error: unknown) => void): void {
    this.#listener = listener;
    if (this.#lost !== undefined) listener(this.#lost);
  }

  /** See `CheckpointStore.guard`. */
  async guard(): Promise<void> {
    this.#check();
    while (!this.#isFresh()) {
      await new Promise<void>((resolve, reject) => {
        this.#waiters.push({ resolve, reject });
        this.#renew();
      });
      this.#check();
    }
  }

  /**
   * Changes the head, if the store is still ours.
   *
   * @throws {FlagdropError} `FD_LEASE` when it is not, `FD_STORE` when that
   * can't be found out.
   */
  swap(change: (head: StoreHead) => Partial<StoreHead>): Promise<void> {
    const swapped = this.#tail.then(() => this.#swap(change));
    this.#tail = swapped.catch(() => {});
    return swapped;
  }

  /** From now on nothing is written; those that wait are let go. */
  seal(): void {
    this.#isSealed = true;
    this.#letGo(this.#sealedError());
  }

  /** Gives the store up, unless it is lost. Idempotent. */
  async release(): Promise<void> {
    this.seal();
    this.#endBeats();
    await this.#tail;
    if (this.#lost !== undefined || this.#head.owner === null) return;
    this.#isSealed = false;
    await this.swap(() => ({ owner: null })).finally(() => this.seal());
  }

  #sealedError(): FlagdropError {
    return new FlagdropError(
      "FD_LEASE",
      `Cannot write any more as the run on the checkpoints in "${this.#objects.name}" is over`,
    );
  }

  #now(): Moment {
    const { clock } = this.#options;
    return { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() };
  }

  #isFresh(): boolean {
    const { monotonicMs, wallMs } = this.#now();
    return (
      monotonicMs - this.#renewedAt.monotonicMs < this.#leaseMs &&
      wallMs - this.#renewedAt.wallMs < this.#leaseMs
    );
  }

  /** Throws when the lease is over; notices that the process stood still. */
  #check(): void {
    const stillMs = this.#options.clock.monotonicMs() - this.#beatAtMs;
    if (this.#lost === undefined && stillMs >= this.#leaseMs) {
      this.#lose(
        `Cannot go on as this process stood still for ${Math.round(stillMs / 1_000)} s and the checkpoints in "${this.#objects.name}" may be another run's by now: start again to go on from the last one`,
      );
    }
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#isSealed) throw this.#sealedError();
  }

  #beat(): void {
    try {
      this.#check();
    } catch {
      return;
    }
    const { monotonicMs } = this.#now();
    this.#beatAtMs = monotonicMs;
    const ageMs = monotonicMs - this.#renewedAt.monotonicMs;
    if (ageMs >= this.#renewalMs) this.#renew();
  }

  #renew(): void {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    this.swap(() => ({}))
      .then(() => this.#renewed())
      .catch((error: unknown) => this.#notRenewed(error))
      .finally(() => {
        this.#isRenewing = false;
      });
  }

  #renewed(): void {
    if (this.#isFailing) {
      this.#options.log.info(
        { store: this.#objects.name },
        "the checkpoint store answers again",
      );
    }
    this.#isFailing = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiters) resolve();
  }

  #notRenewed(error: unknown): void {
    if (this.#isFailing || this.#isSealed || this.#lost !== undefined) return;
    this.#isFailing = true;
    this.#options.log.warn(
      `${errorLine(error)}: trying again; sinks wait once it is ${this.#leaseMs / 1_000} s`,
    );
  }

  async #swap(change: (head: StoreHead) => Partial<StoreHead>): Promise<void> {
    for (let attempt = 0; attempt < SWAP_ATTEMPTS_MAX; attempt++) {
      this.#check();
      const at = this.#now();
      const renewal = this.#head.renewal + 1;
      const next = { ...this.#head, ...change(this.#head), renewal };
      const version = await this.#objects.swapHead(
        encodeHead(next),
        this.#version,
      );
      if (version !== undefined) {
        this.#head = next;
        this.#version = version;
        this.#renewedAt = at;
        return;
      }
      await this.#readAgain();
    }
    throw new FlagdropError(
      "FD_STORE",
      `Cannot write to ${this.#objects.kind} "${this.#objects.name}" as its head changes all the time`,
    );
  }

  /**
   * The head is not what we left there. Either the answer to our last swap was
   * lost, and the head is ours; or the store is another's.
   */
  async #readAgain(): Promise<void> {
    const found = await this.#objects.readHead();
    const head = found && decodeHead(found.bytes);
    const isOurs =
      head?.epoch === this.#head.epoch &&
      head.owner?.id === this.#options.self.id;
    if (found !== undefined && head !== undefined && isOurs) {
      this.#head = head;
      this.#version = found.version;
      return;
    }
    this.#lose(
      `Cannot go on as ${ownerText(head?.owner)} has taken over the checkpoints in "${this.#objects.name}": only one run may use them`,
    );
    this.#check();
  }

  #lose(message: string): void {
    this.#lost = new FlagdropError("FD_LEASE", message);
    this.#endBeats();
    this.#letGo(this.#lost);
    this.#listener(this.#lost);
  }

  #letGo(error: FlagdropError): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}
