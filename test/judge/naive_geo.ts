/**
 * Geohashes and zones by exact fractions of big integers.
 *
 * @module
 */

const BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz";

/** An exact fraction; `under` is above zero. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

/** The exact value of a finite double. */
function exact(value: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 2047n);
  const low = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? low : low | 0x10000000000000n;
  const power = (exponent === 0 ? 1 : exponent) - 1075;
  const signed = bits >> 63n === 1n ? -mantissa : mantissa;
  return power >= 0
    ? { over: signed << BigInt(power), under: 1n }
    : { over: signed, under: 1n << BigInt(-power) };
}

/** Row or column of `value` when `bits` halvings divide -half..half. */
function cellIndex(value: number, half: bigint, bits: number): bigint {
  const { over, under } = exact(value);
  const cells = 1n << BigInt(bits);
  // Never negative, so the division of big integers is the floor.
  const index = ((over + half * under) * cells) / (2n * half * under);
  return index >= cells ? cells - 1n : index;
}

/** Geohash by the book: bits alternate, longitude first. */
export function naiveGeohash(
  lat: number,
  lon: number,
  precision: number,
): string {
  const lonBits = Math.ceil((5 * precision) / 2);
  const latBits = Math.floor((5 * precision) / 2);
  const lonText = cellIndex(lon, 180n, lonBits)
    .toString(2)
    .padStart(lonBits, "0");
  const latText = cellIndex(lat, 90n, latBits)
    .toString(2)
    .padStart(latBits, "0");
  let bits = "";
  for (let i = 0; i < lonBits; i++) {
    bits += lonText[i] ?? "";
    bits += latText[i] ?? "";
  }
  let text = "";
  for (let i = 0; i < precision; i++) {
    text += BASE32[Number.parseInt(bits.slice(5 * i, 5 * i + 5), 2)];
  }
  return text;
}

interface Cell {
  readonly row: bigint;
  readonly column: bigint;
  readonly latBits: number;
  readonly lonBits: number;
}

function cellOf(text: string): Cell {
  let bits = "";
  for (const one of text) {
    bits += BASE32.indexOf(one).toString(2).padStart(5, "0");
  }
  const even = [...bits].filter((_, i) => i % 2 === 0).join("");
  const odd = [...bits].filter((_, i) => i % 2 === 1).join("");
  return {
    row: BigInt(`0b${odd}`),
    column: BigInt(`0b${even}`),
    latBits: odd.length,
    lonBits: even.length,
  };
}

/** Whether edge `index` of `2^bits` is at or below (-1..1 like a comparison). */
function compareWithEdge(
  [value, half]: readonly [number, bigint],
  index: bigint,
  bits: number,
): number {
  const { over, under } = exact(value);
  // value + half against index * 2 half / 2^bits
  const left = (over + half * under) << BigInt(bits);
  const right = index * 2n * half * under;
  return left < right ? -1 : left > right ? 1 : 0;
}

function inClosedCell(lat: number, lon: number, cell: Cell): boolean {
  const { row, column, latBits, lonBits } = cell;
  return (
    compareWithEdge([lat, 90n], row, latBits) >= 0 &&
    compareWithEdge([lat, 90n], row + 1n, latBits) <= 0 &&
    compareWithEdge([lon, 180n], column, lonBits) >= 0 &&
    compareWithEdge([lon, 180n], column + 1n, lonBits) <= 0
  );
}

function neighbours(cell: Cell): Cell[] {
  const cells: Cell[] = [];
  for (const dy of [-1n, 0n, 1n]) {
    for (const dx of [-1n, 0n, 1n]) {
      if (dy === 0n && dx === 0n) continue;
      cells.push({ ...cell, row: cell.row + dy, column: cell.column + dx });
    }
  }
  return cells;
}

/** Whether a point lies in a zone. */
export type ZoneTest = (lat: number, lon: number) => boolean;

function zoneOfCells(
  centre: string,
  withCentre: boolean,
  more: readonly string[],
): ZoneTest {
  const cells = [...neighbours(cellOf(centre)), ...more.map(cellOf)];
  if (withCentre) cells.push(cellOf(centre));
  return (lat, lon) => cells.some((cell) => inClosedCell(lat, lon, cell));
}

function zoneOfBox(
  [south, north]: readonly [number, number],
  [west, east]: readonly [number, number],
): ZoneTest {
  return (lat, lon) =>
    south <= lat && lat <= north && west <= lon && lon <= east;
}

/** The three zones of a preset. */
export function naiveZones(
  preset: string,
): Record<"NYC" | "JFK" | "LGA", ZoneTest> {
  if (preset === "boxes") {
    return {
      NYC: zoneOfBox([40.56, 40.878], [-74.054, -73.722]),
      JFK: zoneOfBox([40.632, 40.654], [-73.8, -73.761]),
      LGA: zoneOfBox([40.766, 40.778], [-73.881, -73.859]),
    };
  }
  const centres = preset === "nyc";
  return {
    NYC: zoneOfCells("dr72", centres, []),
    JFK: zoneOfCells("dr5x0z", centres, []),
    LGA: zoneOfCells("dr5rzjx", centres, ["dr5ryy", "dr5rzn"]),
  };
}
