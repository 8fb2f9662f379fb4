/**
 * Virtual time: everything that happens in a simulation is an event here, and
 * one event runs at a time, microtasks included.
 */

/** What events belong to: a thread, a process, or the world outside. */
export class Life {
  readonly name: string;
  readonly #parent: Life | undefined;
  #hasEnded = false;
  #frozenUntilMs = 0;

  constructor(name: string, parent?: Life) {
    this.name = name;
    this.#parent = parent;
  }

  /** Whether it, and all that it is part of, goes on. */
  get alive(): boolean {
    return !this.#hasEnded && (this.#parent?.alive ?? true);
  }

  /** The process that it is part of. */
  get process(): Life {
    return this.#parent?.process ?? this;
  }

  /** When it goes on after a pause; a time in the past when it isn't paused. */
  get frozenUntilMs(): number {
    return Math.max(this.#frozenUntilMs, this.#parent?.frozenUntilMs ?? 0);
  }

  /** Nothing of it happens until then; what is due is done later, in order. */
  freeze(untilMs: number): void {
    // A shorter pause within a longer one would put what is due out of order.
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, untilMs);
  }

  /** Its events never happen, its memory is gone. */
  end(): void {
    this.#hasEnded = true;
  }
}

interface Event {
  atMs: number;
  readonly order: number;
  readonly life: Life;
  readonly run: () => void;
  isOff: boolean;
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** What a loop of events came to. */
export type Outcome = "done" | "idle" | "too_long";

/** Limits of one loop. */
export interface LoopLimits {
  readonly untilMs: number;
  readonly eventsMax: number;
}

/** Runs events in the order of their times. */
export class Scheduler {
  #nowMs = 0;
  #order = 0;
  /** A binary heap. */
  readonly #heap: Event[] = [];
  eventCount = 0;

  /** Virtual time since the simulation's start. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Plans an event; the result calls it off. */
  plan(life: Life, delayMs: number, run: () => void): () => void {
    const event: Event = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      life,
      run,
      isOff: false,
    };
    this.#push(event);
    return () => {
      event.isOff = true;
    };
  }

  /** Resolves after a while, if the life lasts so long. */
  pause(life: Life, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.plan(life, delayMs, resolve);
    });
  }

  /** Runs until `isDone` says so, nothing is left, or a limit is reached. */
  async loop(isDone: () => boolean, limits: LoopLimits): Promise<Outcome> {
    await turn();
    while (!isDone()) {
      if (this.eventCount >= limits.eventsMax) return "too_long";
      const event = this.#pop();
      if (event === undefined) return "idle";
      if (event.isOff || !event.life.alive) continue;
      if (event.life.frozenUntilMs > event.atMs) {
        event.atMs = event.life.frozenUntilMs;
        this.#push(event);
        continue;
      }
      if (event.atMs > limits.untilMs) return "too_long";
      this.#nowMs = event.atMs;
      this.eventCount++;
      event.run();
      await turn();
    }
    return "done";
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up]!;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) {
      return first;
    }
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) {
        down++;
      }
      if (!isBefore(heap[down]!, last)) break;
      heap[at] = heap[down]!;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

/** Lets all microtasks run: afterwards only virtual time can go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
