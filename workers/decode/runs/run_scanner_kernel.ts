// Hot path: every record of a layout that most records have.
// Cost avoided: a scanner in JavaScript compares a few bytes and reads one digit
//   at a time.
// Trick: records that follow each other are copied into WebAssembly's memory
//   and scanned there by vectors, sixteen bytes at once, against the form that
//   records have most often; the first that differs goes the other way.
// Gives up: a copy of the records, which brings them into the cache as well.
// Breaks: `!` on typed-array reads; more than three parameters.
// Shown by `perf/decode_bench.ts`. Plain twin: `JsonDecoder`.
/**
 * Scans runs of records of one form.
 *
 * @module
 */
import { AttemptGauge } from "../attempt_gauge.ts";
import type { Records } from "../decoder.ts";
import { BATCH_ROWS_MAX } from "../event_columns.ts";
import { RUN_BYTES_MAX, RUN_GAIN, RUN_MISS_COST } from "../limits.ts";
import type { TimePlace } from "./run_code.ts";
import { type RunMemory, type Scan, WORD_BYTES } from "./run_memory.ts";

const DAY_MS = 86_400_000;
const DATE_BYTES = 10;
/** Days whose dates have four digits for the year: up to the year 9999. */
const DAYS_MAX = 2_932_896;

/** A date that times are compared with. */
interface KnownDate {
  readonly text: Uint8Array;
  readonly start: Float64Array;
  day: number;
}

/** A time that is read, and its dates: the one that was learnt last is first. */
interface KnownTime {
  readonly slot: number;
  readonly offsetMs: number;
  readonly dates: [KnownDate, KnownDate];
}

function setDate(date: KnownDate, day: number, offsetMs: number): void {
  const text = new Date(day * DAY_MS).toISOString();
  for (let i = 0; i < DATE_BYTES; i++) date.text[i] = text.charCodeAt(i);
  date.start[0] = day * DAY_MS - offsetMs;
  date.day = day;
}

/** The function of one form, and the dates that it knows. */
export class RunForm {
  readonly scan: Scan;
  readonly kind: number;
  /** Where its patterns lie; see {@linkcode RunMemory.compile}. */
  readonly place: number;
  readonly gauge: AttemptGauge = new AttemptGauge();
  readonly #times: readonly KnownTime[];
  readonly #columns: readonly Float64Array[];

  constructor(
    memory: RunMemory,
    kind: number,
    made: {
      readonly scan: Scan;
      readonly times: readonly TimePlace[];
      readonly place: number;
    },
  ) {
    this.scan = made.scan;
    this.kind = kind;
    this.place = made.place;
    this.#columns = memory.events[kind]!.columns;
    this.#times = made.times.map(({ slot, offsetMs, dates: [a, b] }) => {
      const known = (place: TimePlace["dates"][0]): KnownDate => {
        const text = memory.bytes(place.textAt, DATE_BYTES);
        const date = { text, start: memory.double(place.startAt), day: 0 };
        setDate(date, 0, offsetMs);
        return date;
      };
      return { slot, offsetMs, dates: [known(a), known(b)] };
    });
  }

  /** Takes the dates of a record that has just been decoded into a row. */
  learnDates(row: number): void {
    for (const { slot, offsetMs, dates } of this.#times) {
      const day = Math.floor((this.#columns[slot]![row]! + offsetMs) / DAY_MS);
      const isKnown = day === dates[0].day || day === dates[1].day;
      if (isKnown || !(day >= 0 && day <= DAYS_MAX)) continue;
      dates.reverse();
      setDate(dates[0], day, offsetMs);
    }
  }
}

const NO_RECORDS: Records = {
  bytes: Buffer.alloc(0),
  count: 0,
  starts: new Uint32Array(),
  ends: new Uint32Array(),
};

/** Scans the records of one batch after the other. */
export class RunScanner {
  readonly #memory: RunMemory;
  #records: Records = NO_RECORDS;
  /** Records that have been copied, by index. */
  #from = 0;
  #to = 0;
  #delta = 0;
  /** Whether the records lie in WebAssembly's memory already. */
  #isHere = false;
  /** A record that has not the form of its run. */
  #odd = -1;

  constructor(memory: RunMemory) {
    this.#memory = memory;
  }

  /** Forgets the records before. */
  begin(records: Records): void {
    this.#records = records;
    this.#isHere = this.#memory.holds(records.bytes);
    this.#from = 0;
    this.#to = 0;
    this.#odd = -1;
  }

  /**
   * Scans records from an index on into the free rows of the form's batch.
   *
   * @returns How many have been scanned; their rows are counted.
   */
  scan(form: RunForm, index: number): number {
    const { gauge } = form;
    if (index === this.#odd || !gauge.tries()) return 0;
    if (index >= this.#to) {
      if (this.#isHere) this.#refer(index);
      else this.#copy(index);
    }
    const batch = this.#memory.events[form.kind]!;
    const count = Math.min(this.#to - index, BATCH_ROWS_MAX - batch.count);
    if (count <= 0) return 0;
    const at = this.#memory.startsAt + 4 * (index - this.#from);
    const end = form.scan(at, at + 4 * count, this.#delta, 8 * batch.count);
    const taken = (end - at) >>> 2;
    batch.count += taken;
    if (taken > 0) gauge.hit(RUN_GAIN * taken);
    if (taken < count) {
      this.#odd = index + taken;
      gauge.miss(RUN_MISS_COST);
    }
    return taken;
  }

  /** Takes the places of records that needn't be copied. */
  #refer(from: number): void {
    const { bytes, starts, ends, count } = this.#records;
    const to = Math.min(count, from + BATCH_ROWS_MAX);
    this.#memory.starts.set(starts.subarray(from, to));
    this.#memory.ends.set(ends.subarray(from, to));
    this.#from = from;
    this.#to = to;
    this.#delta = bytes.byteOffset;
  }

  /** Copies as many records as there is room for. */
  #copy(from: number): void {
    const { bytes, starts, ends, count } = this.#records;
    const memory = this.#memory;
    const first = starts[from]!;
    const limit = first + RUN_BYTES_MAX;
    const to = Math.min(count, from + BATCH_ROWS_MAX);
    let last = first;
    let index = from;
    for (; index < to; index++) {
      const start = starts[index]!;
      const end = ends[index]!;
      if (start < last || end < start || end > limit) break;
      memory.starts[index - from] = start;
      memory.ends[index - from] = end;
      last = end;
    }
    const skew = (bytes.byteOffset + first) % WORD_BYTES;
    bytes.copy(memory.records, skew, first, last);
    this.#from = from;
    this.#to = index;
    this.#delta = (memory.recordsAt + skew - first) | 0;
  }
}
