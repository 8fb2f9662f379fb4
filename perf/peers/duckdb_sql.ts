/**
 * The job as a user of DuckDB would write it for speed: one pass over the
 * files, zones as boxes, cells as integers, texts only for the documents.
 *
 * @module
 */
import ngeohash from "ngeohash";

const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;
/** Rows and columns of cells of six characters. */
const CELLS = 32_768;

/** A rectangle of cells as a condition; the edges are part of it. */
function rectangle(
  southWest: string,
  northEast: string,
): (at: string) => string {
  const [south, west] = ngeohash.decode_bbox(southWest);
  const [, , north, east] = ngeohash.decode_bbox(northEast);
  return (at) =>
    `(${at}_lat between ${south}::double and ${north}::double
      and ${at}_lon between ${west}::double and ${east}::double)`;
}

/** A cell and its eight neighbours: together they are one rectangle. */
function around(cell: string): (at: string) => string {
  const of = (latitude: -1 | 1, longitude: -1 | 1) =>
    ngeohash.neighbor(cell, [latitude, longitude]);
  return rectangle(of(-1, -1), of(1, 1));
}

const inNyc = around("dr72");
const inJfk = around("dr5x0z");
const LGA = [
  around("dr5rzjx"),
  rectangle("dr5ryy", "dr5ryy"),
  rectangle("dr5rzn", "dr5rzn"),
];
const inLga = (at: string) =>
  `(${LGA.map((isIn) => isIn(at)).join("\n    or ")})`;

/** A character of a geohash: five bits, of longitude and latitude in turn. */
function character(bits: readonly (readonly ["x" | "y", number])[]): string {
  const value = bits
    .map(([axis, bit], i) => `((${axis} >> ${bit}) & 1) * ${16 >> i}`)
    .join(" + ");
  return `substr('0123456789bcdefghjkmnpqrstuvwxyz', 1 + ${value}, 1)`;
}

const GEOHASH = [14, 9, 4]
  .flatMap((n): (readonly (readonly ["x" | "y", number])[])[] => [
    [
      ["x", n],
      ["y", n],
      ["x", n - 1],
      ["y", n - 1],
      ["x", n - 2],
    ],
    [
      ["y", n - 2],
      ["x", n - 3],
      ["y", n - 3],
      ["x", n - 4],
      ["y", n - 4],
    ],
  ])
  .map(character)
  .join(" || ");

/** Statements to run once. */
export const SETUP_SQL: string = `
create table open_group(
  slot bigint, cell integer, airport tinyint, trips bigint, minutes bigint);
create macro geohash(y, x) as ${GEOHASH};
`;

/**
 * Groups of a window, a cell and an airport (0: neither) of the files and of
 * the windows that the files before have left open.
 */
export function tallySql(paths: readonly string[]): string {
  const files = paths.map((path) => `'${path.replaceAll("'", "''")}'`);
  return `
create or replace temp table tallied as
with trip as (
  select pickup_lat, pickup_lon, dropoff_lat, dropoff_lon,
    epoch_ms(pickup_datetime) as pickup_ms,
    epoch_ms(dropoff_datetime) as dropoff_ms
  from read_json([${files.join(", ")}], format = 'newline_delimited', columns = {
    type: 'varchar', pickup_lat: 'double', pickup_lon: 'double',
    dropoff_lat: 'double', dropoff_lon: 'double',
    pickup_datetime: 'timestamp', dropoff_datetime: 'timestamp'})
  where type = 'trip' and ${inNyc("pickup")} and ${inNyc("dropoff")}
), keyed as (
  select dropoff_ms // ${WINDOW_MS} as slot,
    floor((pickup_lat + 90) * ${CELLS} / 180)::integer * ${CELLS}
      + floor((pickup_lon + 180) * ${CELLS} / 360)::integer as cell,
    (case when ${inJfk("dropoff")} then 1
      when ${inLga("dropoff")} then 2 else 0 end)::tinyint as airport,
    (dropoff_ms - pickup_ms) // ${MINUTE_MS} as minutes
  from trip
), fresh as (
  select slot, cell, airport, count(*) as trips, sum(minutes)::bigint as minutes
  from keyed group by all
)
select slot, cell, airport, sum(trips)::bigint as trips,
  sum(minutes)::bigint as minutes
from (from fresh union all from open_group) group by all`;
}

/** Documents of the windows whose timestamp isn't above \`$closed_ms\`. */
export const DOCUMENTS_SQL: string = `
create or replace temp table document as
with closed as (
  select (slot + 1) * ${WINDOW_MS} - 1 as timestamp, cell, airport, trips, minutes
  from tallied where slot < $open_slot
), pickups as (
  select timestamp, cell, sum(trips)::bigint as trips
  from closed group by all having sum(trips) >= 2
), located as (
  select timestamp, geohash(cell // ${CELLS}, cell % ${CELLS}) as location, trips,
    null as airport, null as minutes
  from pickups
  union all
  select timestamp, geohash(cell // ${CELLS}, cell % ${CELLS}), trips,
    if(airport = 1, 'JFK', 'LGA'), minutes
  from closed where airport > 0 and trips >= 2
)
select if(airport is null,
  '{"_id":"pickup_count|' || timestamp || '|' || location
    || '","query":"pickup_count","timestamp":' || timestamp
    || ',"location":"' || location || '","pickup_count":' || trips || '}',
  '{"_id":"trip_duration|' || timestamp || '|' || location || '|' || airport
    || '","query":"trip_duration","timestamp":' || timestamp
    || ',"location":"' || location || '","airport_code":"' || airport
    || '","sum_trip_duration":' || minutes
    || ',"avg_trip_duration":' || minutes::double / trips::double || '}') as line
from located`;

/** Leaves the other windows to the next files. */
export const CARRY_SQL = `
create or replace table open_group as from tallied where slot >= $open_slot`;
