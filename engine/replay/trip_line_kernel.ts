// Hot path: one call a generated trip, some 460 bytes each.
// Cost avoided: number formatting, string concatenation and UTF-8 encoding
//   (JSON.stringify and two dates take several µs a trip).
// Trick: digits and constant pieces go byte by byte into the chunk's buffer;
//   a day's text is made once a day.
// Gives up: formats exactly this one kind of line.
// Breaks: `!` on typed arrays, primitive arguments. Reference: the test
//   compares with JSON.stringify.
// Shown by `perf/generator_bench.ts`: 450,000 trips a CPU second with the trips
//   themselves, Node 20.20 on a busy machine, November 2026.
/**
 * Writes generated trips as JSON lines.
 *
 * @module
 */
import type { TripModel } from "./trip_model_kernel.ts";

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;

const DAY_S = 86_400;

/** Numbers below it are handled as 32-bit integers. */
const LOW_DIGITS = 1_000_000_000;
const LOW_DIGIT_COUNT = 9;

function piece(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

const PIECES = {
  vendor: piece('{"vendor_id":'),
  pickupTime: piece(',"pickup_datetime":"'),
  dropoffTime: piece('","dropoff_datetime":"'),
  passengers: piece('","passenger_count":'),
  distance: piece(',"trip_distance":'),
  pickupLongitude: piece(',"pickup_lon":'),
  pickupLatitude: piece(',"pickup_lat":'),
  dropoffLongitude: piece(
    ',"rate_code":1,"store_and_fwd_flag":"N","dropoff_lon":',
  ),
  dropoffLatitude: piece(',"dropoff_lat":'),
  payment: piece(',"payment_type":'),
  fare: piece(',"fare_amount":'),
  tip: piece(',"extra":0.5,"mta_tax":0.5,"tip_amount":'),
  total: piece(
    ',"tolls_amount":0.0,"improvement_surcharge":0.3,"total_amount":',
  ),
  tripId: piece(',"trip_id":'),
  type: piece(',"type":"trip"}\n'),
  milliseconds: piece(".000Z"),
} as const;

/** Extra, tax and surcharge, as the line has them. */
const CHARGES_CENTS = 130;

function put(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  for (let i = 0; i < length; i++) out[at + i] = bytes[i]!;
  return at + length;
}

/** A whole number from 0 to 2^53 - 1. */
function putWhole(out: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    out[at] = ZERO + value;
    return at + 1;
  }
  let high = 0;
  let low = value;
  // Integer division is many times faster than that of doubles.
  if (value >= LOW_DIGITS) {
    high = Math.floor(value / LOW_DIGITS);
    low = value - high * LOW_DIGITS;
  }
  const start = high > 0 ? putWhole(out, at, high) : at;
  let digitCount = high > 0 ? LOW_DIGIT_COUNT : 1;
  for (let rest = low | 0; high === 0 && rest >= 10; digitCount++) {
    rest = (rest / 10) | 0;
  }
  let rest = low | 0;
  for (let i = start + digitCount - 1; i >= start; i--) {
    const next = (rest / 10) | 0;
    out[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return start + digitCount;
}

/** A number of `digitCount` decimals, without zeros at its end. */
function putDecimal(
  out: Uint8Array,
  at: number,
  scaled: number,
  digitCount: number,
): number {
  let magnitude = scaled;
  let position = at;
  if (scaled < 0) {
    out[position++] = MINUS;
    magnitude = -scaled;
  }
  const scale = digitCount === 6 ? 1_000_000 : 100;
  const whole = Math.floor(magnitude / scale);
  let fraction = magnitude - whole * scale;
  position = putWhole(out, position, whole);
  if (fraction === 0) return position;
  out[position] = POINT;
  let end = position + 1;
  for (let i = position + digitCount; i > position; i--) {
    const next = (fraction / 10) | 0;
    const digit = fraction - next * 10;
    out[i] = ZERO + digit;
    if (digit !== 0 && end === position + 1) end = i + 1;
    fraction = next;
  }
  return end;
}

function putTwo(out: Uint8Array, at: number, value: number): number {
  const tens = (value / 10) | 0;
  out[at] = ZERO + tens;
  out[at + 1] = ZERO + (value - tens * 10);
  return at + 2;
}

/** Writes lines; keeps the text of the last two days. */
export class TripLineWriter {
  #today = Number.NaN;
  #todayText: Uint8Array = new Uint8Array(0);
  #yesterday = Number.NaN;
  #yesterdayText: Uint8Array = new Uint8Array(0);

  #dayText(day: number): Uint8Array {
    if (day === this.#today) return this.#todayText;
    if (day === this.#yesterday) return this.#yesterdayText;
    const text = piece(
      `${new Date(day * DAY_S * 1_000).toISOString().slice(0, 10)}T`,
    );
    if (day > this.#today || Number.isNaN(this.#today)) {
      this.#yesterday = this.#today;
      this.#yesterdayText = this.#todayText;
      this.#today = day;
      this.#todayText = text;
    } else {
      this.#yesterday = day;
      this.#yesterdayText = text;
    }
    return text;
  }

  #time(out: Uint8Array, at: number, epochS: number): number {
    const day = Math.floor(epochS / DAY_S);
    const second = epochS - day * DAY_S;
    const hour = (second / 3_600) | 0;
    const minute = ((second - hour * 3_600) / 60) | 0;
    let end = put(out, at, this.#dayText(day));
    end = putTwo(out, end, hour);
    out[end++] = COLON;
    end = putTwo(out, end, minute);
    out[end++] = COLON;
    end = putTwo(out, end, second - hour * 3_600 - minute * 60);
    return put(out, end, PIECES.milliseconds);
  }

  /**
   * Writes one line with its line feed.
   *
   * @param out With room for the longest line.
   * @param at Where the line begins.
   * @param trip The trip.
   * @param id Its number.
   * @param dropoffS Its drop-off, epoch seconds.
   * @returns Where the line ends.
   */
  write(
    out: Uint8Array,
    at: number,
    trip: TripModel,
    id: number,
    dropoffS: number,
  ): number {
    let end = put(out, at, PIECES.vendor);
    end = putWhole(out, end, trip.vendorId);
    end = put(out, end, PIECES.pickupTime);
    end = this.#time(out, end, dropoffS - trip.durationS);
    end = put(out, end, PIECES.dropoffTime);
    end = this.#time(out, end, dropoffS);
    end = put(out, end, PIECES.passengers);
    end = putWhole(out, end, trip.passengerCount);
    end = put(out, end, PIECES.distance);
    end = putDecimal(out, end, trip.distanceCentimiles, 2);
    end = put(out, end, PIECES.pickupLongitude);
    end = putDecimal(out, end, trip.pickupLongitudeMicro, 6);
    end = put(out, end, PIECES.pickupLatitude);
    end = putDecimal(out, end, trip.pickupLatitudeMicro, 6);
    end = put(out, end, PIECES.dropoffLongitude);
    end = putDecimal(out, end, trip.dropoffLongitudeMicro, 6);
    end = put(out, end, PIECES.dropoffLatitude);
    end = putDecimal(out, end, trip.dropoffLatitudeMicro, 6);
    return this.#rest(out, end, trip, id);
  }

  #rest(out: Uint8Array, at: number, trip: TripModel, id: number): number {
    const { fareCents, tipCents } = trip;
    let end = put(out, at, PIECES.payment);
    end = putWhole(out, end, trip.paymentType);
    end = put(out, end, PIECES.fare);
    end = putDecimal(out, end, fareCents, 2);
    end = put(out, end, PIECES.tip);
    end = putDecimal(out, end, tipCents, 2);
    end = put(out, end, PIECES.total);
    end = putDecimal(out, end, fareCents + tipCents + CHARGES_CENTS, 2);
    end = put(out, end, PIECES.tripId);
    end = putWhole(out, end, id);
    return put(out, end, PIECES.type);
  }
}
