// Hot path: one call a generated trip.
// Cost avoided: objects and closures; a trip is a dozen fields of one object.
// Trick: every distribution is an alias table or a row of quantiles in a typed
//   array, so a trip costs about 16 random numbers and no search.
// Gives up: the trip is valid only until the next one is drawn.
// Breaks: `!` on typed arrays, primitive arguments. Reference: the test
//   compares a large sample with the figures.
// Shown by `perf/generator_bench.ts`: 450,000 trips a CPU second with their
//   lines, Node 20.20 on a busy machine, November 2026.
/**
 * Draws trips from the city's figures.
 *
 * @module
 */
import { AliasTable } from "./alias_table.ts";
import type { CityFigures, Quantiles } from "./city_figures.ts";
import { decodeAscending, decodeWeights } from "./figure_codec.ts";
import type { Random } from "./random.ts";

/** Miles of a degree, around New York (latitude 40.75). */
const MILES_PER_LATITUDE_DEG = 69.0;
const MILES_PER_LONGITUDE_DEG = 52.47;
const MICRO = 1_000_000;

const HOURS_OF_WEEK = 168;

/** The longest ride, as the data were cut. */
const DURATION_S_MAX = 3 * 3_600;

/** Places far from the city: around it, or nowhere at all. */
const FAR_BOX = { south: 38, west: -77, heightDeg: 5, widthDeg: 6 } as const;
const NOWHERE_SHARE = 0.1;
const NOWHERE_LATITUDE_MICRO = 404_978_120;

/** Not in the data at hand: shares as in other samples of the same records. */
const CARD_SHARE = 0.63;
const TIP_SHARE_OF_CARDS = 0.95;
const VENDOR_TWO_SHARE = 0.56;

/** Beeline between two places of the city, in miles. */
export function beelineMiles(
  fromLatitudeDeg: number,
  fromLongitudeDeg: number,
  toLatitudeDeg: number,
  toLongitudeDeg: number,
): number {
  const north = (toLatitudeDeg - fromLatitudeDeg) * MILES_PER_LATITUDE_DEG;
  const east = (toLongitudeDeg - fromLongitudeDeg) * MILES_PER_LONGITUDE_DEG;
  return Math.sqrt(north * north + east * east);
}

/** Rows of quantiles, one a bin. */
class QuantileBins {
  readonly #below: Float64Array;
  readonly #values: Float64Array;
  readonly #steps: number;

  constructor(below: readonly number[], rows: readonly Quantiles[]) {
    this.#below = Float64Array.from(below);
    this.#values = Float64Array.from(rows.flat());
    this.#steps = (rows[0]?.length ?? 2) - 1;
  }

  /** Number of the bin that `value` falls into. */
  bin(value: number): number {
    const below = this.#below;
    let bin = 0;
    while (bin < below.length && value >= below[bin]!) bin++;
    return bin;
  }

  /** A value of a bin's distribution. */
  draw(bin: number, random: Random): number {
    const at = random.unit() * this.#steps;
    const step = Math.floor(at);
    const index = bin * (this.#steps + 1) + step;
    const low = this.#values[index]!;
    return low + (this.#values[index + 1]! - low) * (at - step);
  }
}

/** The cells of all zones, each with its pickups and drop-offs. */
class CellTable {
  readonly #southMicro: Float64Array;
  readonly #westMicro: Float64Array;
  readonly #sizeMicro: number;
  /** First cell of each zone, and the number of cells at the end. */
  readonly zoneCells: Uint32Array;
  readonly pickups: AliasTable;
  readonly dropoffs: AliasTable;
  latitudeMicro = 0;
  longitudeMicro = 0;

  constructor(figures: CityFigures) {
    const cells = decodeAscending(figures.cells);
    const starts = decodeAscending(figures.zoneStarts);
    const rowBits = Math.floor(figures.cellBits / 2);
    // An odd number of bits: rows and columns have the same size in degrees.
    this.#sizeMicro = (180 / 2 ** rowBits) * MICRO;
    this.#southMicro = new Float64Array(cells.length);
    this.#westMicro = new Float64Array(cells.length);
    cells.forEach((bits, index) => {
      const { row, column } = rowAndColumn(bits, figures.cellBits);
      this.#southMicro[index] = row * this.#sizeMicro - 90 * MICRO;
      this.#westMicro[index] = column * this.#sizeMicro - 180 * MICRO;
    });
    const zoneCells = Array.from(starts, (start) =>
      cells.findIndex((cell) => cell >= start),
    );
    this.zoneCells = Uint32Array.from([...zoneCells, cells.length]);
    this.pickups = this.#tables(decodeWeights(figures.pickupWeights));
    this.dropoffs = this.#tables(decodeWeights(figures.dropoffWeights));
  }

  #tables(weights: Float64Array): AliasTable {
    const table = new AliasTable(weights.length);
    for (let zone = 0; zone + 1 < this.zoneCells.length; zone++) {
      table.build(weights, this.zoneCells[zone]!, this.zoneCells[zone + 1]!);
    }
    return table;
  }

  /** A place in a zone, left in `latitudeMicro` and `longitudeMicro`. */
  draw(table: AliasTable, zone: number, random: Random): void {
    const start = this.zoneCells[zone]!;
    const cell = table.draw(random, start, this.zoneCells[zone + 1]!);
    this.latitudeMicro = Math.round(
      this.#southMicro[cell]! + random.unit() * this.#sizeMicro,
    );
    this.longitudeMicro = Math.round(
      this.#westMicro[cell]! + random.unit() * this.#sizeMicro,
    );
  }
}

function rowAndColumn(bits: number, bitCount: number) {
  let row = 0;
  let column = 0;
  for (let i = 0; i < bitCount; i++) {
    const bit = Math.floor(bits / 2 ** (bitCount - 1 - i)) % 2;
    if (i % 2 === 0) column = column * 2 + bit;
    else row = row * 2 + bit;
  }
  return { row, column };
}

/** Pairs of zones by period, those without traffic left out. */
class PairTable {
  readonly #pairs: Uint32Array;
  readonly #zoneCount: number;
  readonly #periods: readonly AliasTable[];
  origin = 0;
  destination = 0;

  constructor(figures: CityFigures) {
    const weights = decodeWeights(figures.pairWeights);
    const zoneCount = Math.sqrt(weights.length);
    this.#zoneCount = zoneCount;
    this.#pairs = Uint32Array.from(
      [...weights.keys()].filter((pair) => weights[pair]! > 0),
    );
    this.#periods = figures.periods.map((period) =>
      AliasTable.of(
        Float64Array.from(
          this.#pairs,
          (pair) =>
            weights[pair]! *
            period.originPercents[Math.floor(pair / zoneCount)]! *
            period.destinationPercents[pair % zoneCount]!,
        ),
      ),
    );
  }

  draw(period: number, random: Random): void {
    const pairs = this.#pairs;
    const index = this.#periods[period]!.draw(random, 0, pairs.length);
    const pair = pairs[index]!;
    this.origin = Math.floor(pair / this.#zoneCount);
    this.destination = pair % this.#zoneCount;
  }
}

/** The trip drawn last; coordinates in millionths of a degree, money in cents. */
export class TripModel {
  pickupLatitudeMicro = 0;
  pickupLongitudeMicro = 0;
  dropoffLatitudeMicro = 0;
  dropoffLongitudeMicro = 0;
  durationS = 0;
  /** Hundredths of a mile. */
  distanceCentimiles = 0;
  passengerCount = 1;
  vendorId = 1;
  /** 1 card, 2 cash. */
  paymentType = 1;
  fareCents = 0;
  tipCents = 0;

  readonly #random: Random;
  readonly #figures: CityFigures;
  readonly #cells: CellTable;
  readonly #pairs: PairTable;
  readonly #distances: QuantileBins;
  readonly #durations: QuantileBins;
  readonly #passengers: AliasTable;
  readonly #passengersMax: number;
  readonly #brokenBelow: Float64Array;
  #period = 0;
  #durationFactor = 1;

  /**
   * @param figures The city's.
   * @param random Where all chance comes from.
   */
  constructor(figures: CityFigures, random: Random) {
    const { distance, duration, brokenShares, passengerShares } = figures;
    this.#random = random;
    this.#figures = figures;
    this.#cells = new CellTable(figures);
    this.#pairs = new PairTable(figures);
    this.#distances = new QuantileBins(
      distance.beelineMilesBelow,
      distance.quantiles,
    );
    this.#durations = new QuantileBins(duration.milesBelow, duration.quantiles);
    this.#passengers = AliasTable.of(Float64Array.from(passengerShares));
    this.#passengersMax = passengerShares.length;
    const { bothZero, pickupZero, dropoffZero, far } = brokenShares;
    const upToPickup = bothZero + pickupZero;
    const upToDropoff = upToPickup + dropoffZero;
    this.#brokenBelow = Float64Array.of(
      bothZero,
      upToPickup,
      upToDropoff,
      upToDropoff + far,
    );
  }

  /** From now on trips end in this hour of the week, from Monday 0:00. */
  setHourOfWeek(hour: number): void {
    const index = hour % HOURS_OF_WEEK;
    this.#period = this.#figures.hourOfWeekPeriods[index]!;
    this.#durationFactor = this.#figures.duration.hourOfWeekFactors[index]!;
  }

  /** Draws the next trip into the fields. */
  draw(): void {
    const random = this.#random;
    const cells = this.#cells;
    this.#pairs.draw(this.#period, random);
    cells.draw(cells.pickups, this.#pairs.origin, random);
    this.pickupLatitudeMicro = cells.latitudeMicro;
    this.pickupLongitudeMicro = cells.longitudeMicro;
    cells.draw(cells.dropoffs, this.#pairs.destination, random);
    this.dropoffLatitudeMicro = cells.latitudeMicro;
    this.dropoffLongitudeMicro = cells.longitudeMicro;
    this.#drawRide();
    this.passengerCount =
      1 + this.#passengers.draw(random, 0, this.#passengersMax);
    this.#drawPayment();
    const broken = random.unit();
    if (broken < this.#brokenBelow[3]!) this.#breakCoordinates(broken);
  }

  #drawRide(): void {
    const random = this.#random;
    const beeline = beelineMiles(
      this.pickupLatitudeMicro / MICRO,
      this.pickupLongitudeMicro / MICRO,
      this.dropoffLatitudeMicro / MICRO,
      this.dropoffLongitudeMicro / MICRO,
    );
    const distanceBin = this.#distances.bin(beeline);
    const driven = this.#distances.draw(distanceBin, random);
    const miles = distanceBin === 0 ? driven : driven * beeline;
    const durationBin = this.#durations.bin(miles);
    const time = this.#durations.draw(durationBin, random);
    const seconds =
      (durationBin === 0 ? time : time * miles) * this.#durationFactor;
    this.distanceCentimiles = Math.round(miles * 100);
    this.durationS = Math.min(Math.round(seconds), DURATION_S_MAX);
  }

  #drawPayment(): void {
    const random = this.#random;
    this.vendorId = random.unit() < VENDOR_TWO_SHARE ? 2 : 1;
    this.fareCents = 250 + Math.round(this.distanceCentimiles * 2.5);
    const card = random.unit();
    this.paymentType = card < CARD_SHARE ? 1 : 2;
    this.tipCents =
      card < CARD_SHARE * TIP_SHARE_OF_CARDS
        ? Math.round(this.fareCents * (0.1 + 0.2 * random.unit()))
        : 0;
  }

  #breakCoordinates(broken: number): void {
    const below = this.#brokenBelow;
    if (broken >= below[2]!) {
      this.#moveFar();
      return;
    }
    if (broken < below[1]!) {
      this.pickupLatitudeMicro = 0;
      this.pickupLongitudeMicro = 0;
    }
    if (broken < below[0]! || broken >= below[1]!) {
      this.dropoffLatitudeMicro = 0;
      this.dropoffLongitudeMicro = 0;
    }
  }

  #moveFar(): void {
    const random = this.#random;
    const latitude = FAR_BOX.south + random.unit() * FAR_BOX.heightDeg;
    const longitude = FAR_BOX.west + random.unit() * FAR_BOX.widthDeg;
    this.dropoffLatitudeMicro =
      random.unit() < NOWHERE_SHARE
        ? NOWHERE_LATITUDE_MICRO
        : Math.round(latitude * MICRO);
    this.dropoffLongitudeMicro = Math.round(longitude * MICRO);
  }
}
