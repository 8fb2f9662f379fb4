/**
 * The judge's SQL: zones, geohashes, windows, lateness and documents, computed
 * by DuckDB from the design's text alone.
 *
 * Every edge of a cell is `k * 180 / 2^n` less 90 or 180 degrees, which a
 * double holds exactly, so comparing with edges is exact; no coordinate is
 * ever added to or multiplied.
 *
 * @module
 */

/**
 * Macros and tables of geohash arithmetic. A cell of six characters has 15
 * bits of each axis; bits alternate, longitude first, five to a character.
 */
const GEOHASH_SQL = `
create macro digit(v) as
  substr('0123456789bcdefghjkmnpqrstuvwxyz', (v + 1)::integer, 1);
create macro bit_at(v, n) as (v >> n) & 1;
-- Characters 1, 3 and 5 begin with a bit of longitude, the others of latitude.
create macro odd_digit(lat, lon, n) as digit(
  16 * bit_at(lon, n) + 8 * bit_at(lat, n) + 4 * bit_at(lon, n - 1)
  + 2 * bit_at(lat, n - 1) + bit_at(lon, n - 2));
create macro even_digit(lat, lon, n) as digit(
  16 * bit_at(lat, n) + 8 * bit_at(lon, n - 1) + 4 * bit_at(lat, n - 1)
  + 2 * bit_at(lon, n - 2) + bit_at(lat, n - 2));
create macro geohash6(lat, lon) as
  odd_digit(lat, lon, 14) || even_digit(lat, lon, 12)
  || odd_digit(lat, lon, 9) || even_digit(lat, lon, 7)
  || odd_digit(lat, lon, 4) || even_digit(lat, lon, 2);

-- Lower edges of the 2^15 rows and columns. A point belongs to the greatest
-- edge that isn't above it: exactly on an edge is the upper cell, and 90 and
-- 180 are in the last one.
create table lat_edge as
  select i, (i * 180)::double / 32768::double - 90::double as low
  from range(32768) as r(i);
create table lon_edge as
  select i, (i * 360)::double / 32768::double - 180::double as low
  from range(32768) as r(i);
`;

/** Zones as closed boxes: those of cells by the cells' exact bounds. */
const ZONES_SQL = `
create table zone_cell(preset text, zone text, cell text, ring boolean, centre boolean);
insert into zone_cell values
  ('nyc', 'NYC', 'dr72', true, true),
  ('nyc', 'JFK', 'dr5x0z', true, true),
  ('nyc', 'LGA', 'dr5rzjx', true, true),
  ('nyc', 'LGA', 'dr5ryy', false, true),
  ('nyc', 'LGA', 'dr5rzn', false, true),
  ('refarch', 'NYC', 'dr72', true, false),
  ('refarch', 'JFK', 'dr5x0z', true, false),
  ('refarch', 'LGA', 'dr5rzjx', true, false),
  ('refarch', 'LGA', 'dr5ryy', false, true),
  ('refarch', 'LGA', 'dr5rzn', false, true);

create table cell_index as
with char as (
  select distinct cell, k,
    instr('0123456789bcdefghjkmnpqrstuvwxyz', substr(cell, k::integer + 1, 1)) - 1 as value
  from zone_cell, range(12) as r(k) where k < length(cell)
), bits as (
  select cell, 5 * k + b as p, bit_at(value, (4 - b)::integer) as one,
    (5 * length(cell)) // 2 as lat_bits, (5 * length(cell) + 1) // 2 as lon_bits
  from char, range(5) as r(b)
)
select cell, lat_bits, lon_bits,
  sum(case when p % 2 = 1 then one * pow(2, lat_bits - 1 - p // 2) else 0 end)::bigint as lat_i,
  sum(case when p % 2 = 0 then one * pow(2, lon_bits - 1 - p // 2) else 0 end)::bigint as lon_i
from bits group by cell, lat_bits, lon_bits;

create table zone_box as
select preset, zone,
  ((lat_i + dy) * 180)::double / pow(2, lat_bits) - 90::double as south,
  ((lat_i + dy + 1) * 180)::double / pow(2, lat_bits) - 90::double as north,
  ((lon_i + dx) * 360)::double / pow(2, lon_bits) - 180::double as west,
  ((lon_i + dx + 1) * 360)::double / pow(2, lon_bits) - 180::double as east
from zone_cell join cell_index using (cell), range(-1, 2) as ry(dy), range(-1, 2) as rx(dx)
where case when dx = 0 and dy = 0 then centre else ring end;

insert into zone_box values
  ('boxes', 'NYC', '40.560'::double, '40.878'::double, '-74.054'::double, '-73.722'::double),
  ('boxes', 'JFK', '40.632'::double, '40.654'::double, '-73.800'::double, '-73.761'::double),
  ('boxes', 'LGA', '40.766'::double, '40.778'::double, '-73.881'::double, '-73.859'::double);

create macro in_zone(which_preset, which_zone, lat, lon) as exists (
  select 1 from zone_box as z
  where z.preset = which_preset and z.zone = which_zone
    and lat >= z.south and lat <= z.north and lon >= z.west and lon <= z.east);
`;

/** Statements to run once in a new database. */
export const SETUP_SQL: string = `${GEOHASH_SQL}${ZONES_SQL}
create table record(
  line bigint, outcome text,
  pickup_lat double, pickup_lon double, dropoff_lat double, dropoff_lon double,
  pickup_ms bigint, dropoff_ms bigint, watermark_ms bigint);
`;

/**
 * Statements to run once when `record` is filled: the verdict that holds for
 * every preset. \`$ahead_ms\` is the latest watermark taken; \`$bound_ms\` is null
 * when watermarks are events.
 */
export const VERDICT_SQL = `
create table watermarked as
with verdict as (
  select *, $bound_ms is null and outcome = 'watermark' and watermark_ms <= $ahead_ms as taken,
    $bound_ms is not null and outcome = 'watermark' as ignored
  from record
), standing as (
  select *, max(case
      when taken then watermark_ms
      when outcome = 'trip' and dropoff_ms <= $ahead_ms then dropoff_ms - $bound_ms - 1
    end) over (
    order by line rows between unbounded preceding and 1 preceding) as stands_ms
  from verdict
), windowed as (
  select *, dropoff_ms - ((dropoff_ms % 600000) + 600000) % 600000 + 600000 as end_ms
  from standing
)
select *, coalesce(stands_ms >= end_ms - 1 + $lateness_ms, false) as late,
  case
    when outcome <> 'trip' then null
    when not (abs(pickup_lat) <= 90) then 'pickup_latitude_range'
    when not (abs(pickup_lon) <= 180) then 'pickup_longitude_range'
    when not (abs(dropoff_lat) <= 90) then 'dropoff_latitude_range'
    when not (abs(dropoff_lon) <= 180) then 'dropoff_longitude_range'
  end as out_of_range
from windowed;
`;

/** Every record with what becomes of it under \`$preset\`. */
export const JUDGED_SQL = `
create or replace temp table judged as
with sieved as (select *, case
    when out_of_range is not null then out_of_range
    when outcome <> 'trip' then null
    when not in_zone($preset, 'NYC', pickup_lat, pickup_lon) then 'pickup_outside_city'
    when not in_zone($preset, 'NYC', dropoff_lat, dropoff_lon) then 'dropoff_outside_city'
  end as filtered
from watermarked)
select *, case
    when ignored then 'filtered'
    when outcome = 'watermark' then if(taken, 'watermark_taken', 'watermark_refused')
    when outcome = 'undeclared' then 'filtered'
    when outcome = 'dead' then 'dead'
    when filtered is not null then 'filtered'
    when late then 'late'
    else 'tallied'
  end as verdict,
  case when outcome = 'undeclared' then 'undeclared_kind'
    when ignored then 'watermark_ignored' else filtered end as reason
from sieved;
`;

/** The documents of the judged records, by \`_id\`. */
export const DOCUMENTS_SQL = `
with tallied as (select * from judged where verdict = 'tallied'),
keyed as (
  select t.*, end_ms - 1 as stamp_ms, geohash6(la.i, lo.i) as location,
    (dropoff_ms - pickup_ms) // 60000 as minutes,
    case
      when in_zone($preset, 'JFK', dropoff_lat, dropoff_lon) then 'JFK'
      when in_zone($preset, 'LGA', dropoff_lat, dropoff_lon) then 'LGA'
    end as airport
  from tallied as t
  asof join lat_edge as la on t.pickup_lat >= la.low
  asof join lon_edge as lo on t.pickup_lon >= lo.low
), pickups as (
  select 'pickup_count' as query, stamp_ms, location, null as airport,
    count(*) as n, null as total
  from keyed group by stamp_ms, location having count(*) >= 2
), rides as (
  select 'trip_duration' as query, stamp_ms, location, airport,
    count(*) as n, sum(minutes) as total
  from keyed where airport is not null
  group by stamp_ms, location, airport having count(*) >= 2
)
select query, stamp_ms::double as stamp_ms, location, airport, n::double as n,
  total::double as total, total::double / n::double as average
from (from pickups union all from rides)
order by query, stamp_ms, location, airport;
`;

/** Records by verdict and reason. */
export const COUNTS_SQL = `
select verdict, reason, count(*)::integer as n from judged group by all;
`;
