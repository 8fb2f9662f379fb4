/**
 * Inputs for the jobs that come with the package, and what they give, as SQL
 * written from the jobs' descriptions.
 *
 * @module
 */
import { Random } from "../judge/random.ts";
import { byScale, SEED } from "../judge/scale.ts";

/** A job's input and its judge. */
export interface JobInput {
  readonly preset: string;
  readonly lines: readonly string[];
  /** Gives statements to set up, for lines of documents, and for counts. */
  readonly sql: (
    path: string,
  ) => readonly [setup: string, documents: string, counts: string];
}

const START_MS = Date.UTC(2024, 4, 1, 6);

/** Geohashes by halving: the bits of both axes, alternating, longitude first. */
const GEOHASH_SQL = `
create macro grid(degrees, span, bits) as
  least(floor((degrees + span / 2) / span * pow(2, bits))::bigint, (1 << bits) - 1);
create macro bit_of(lat, lon, p, k) as
  case when k % 2 = 0
    then (grid(lon, 360, (5 * p + 1) // 2) >> ((5 * p + 1) // 2 - 1 - k // 2)::integer) & 1
    else (grid(lat, 180, (5 * p) // 2) >> ((5 * p) // 2 - 1 - k // 2)::integer) & 1 end;
create macro digit_of(lat, lon, p, c) as
  substr('0123456789bcdefghjkmnpqrstuvwxyz', (1 + 16 * bit_of(lat, lon, p, 5 * c)
    + 8 * bit_of(lat, lon, p, 5 * c + 1) + 4 * bit_of(lat, lon, p, 5 * c + 2)
    + 2 * bit_of(lat, lon, p, 5 * c + 3) + bit_of(lat, lon, p, 5 * c + 4))::integer, 1);
create macro geohash6(lat, lon) as
  digit_of(lat, lon, 6, 0) || digit_of(lat, lon, 6, 1) || digit_of(lat, lon, 6, 2)
  || digit_of(lat, lon, 6, 3) || digit_of(lat, lon, 6, 4) || digit_of(lat, lon, 6, 5);
create macro geohash7(lat, lon) as
  digit_of(lat, lon, 7, 0) || digit_of(lat, lon, 7, 1) || digit_of(lat, lon, 7, 2)
  || digit_of(lat, lon, 7, 3) || digit_of(lat, lon, 7, 4) || digit_of(lat, lon, 7, 5)
  || digit_of(lat, lon, 7, 6);
create macro ms(text) as epoch_ms(text::timestamp);
`;

/** A time as bike-share feeds write it. */
function spaced(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}

function rideLines(count: number): string[] {
  const random = new Random(SEED);
  const place = () =>
    random.chance(0.02)
      ? [0, 0]
      : [random.between(40.63, 40.83), random.between(-74.03, -73.88)];
  return Array.from({ length: count }, (_, i) => {
    // Some are reported after the bound, and are late.
    const behindMs = random.chance(0.1) ? random.whole(0, 600_000) : 0;
    const endedMs = START_MS + i * 400 - behindMs + random.whole(0, 60_000);
    const [start_lat, start_lng] = place();
    const [end_lat, end_lng] = place();
    const ride: Record<string, unknown> = {
      ride_id: i.toString(16),
      event: random.chance(0.03) ? "ride_started" : "ride_ended",
      started_at: spaced(endedMs - random.whole(30_000, 3_600_000)),
      ended_at: spaced(endedMs),
      start_station_name: "W 21 St & 6 Ave",
      ...{ start_lat, start_lng, end_lat, end_lng },
    };
    if (random.chance(0.02)) delete ride[random.pick(["end_lat", "event"])];
    return JSON.stringify(ride);
  });
}

const RIDES: JobInput = {
  preset: "bike-share",
  lines: rideLines(byScale(6_000, 60_000)),
  sql: (path) => [
    `${GEOHASH_SQL}
    create macro part_of(lat, lon) as case
      when lat between 40.7 and 40.742 and lon between -74.02 and -73.971 then 'Downtown'
      when lat between 40.742 and 40.768 and lon between -74.01 and -73.965 then 'Midtown'
      when lat between 40.768 and 40.812 and lon between -73.995 and -73.9585
        then 'Upper West Side'
      when lat between 40.758 and 40.8 and lon between -73.9585 and -73.93
        then 'Upper East Side'
      when lat between 40.64 and 40.739 and lon between -73.971 and -73.9 then 'Brooklyn'
      when geohash6(lat, lon) in ('dr5rv0', 'dr5rv1', 'dr5rv3', 'dr5rv6', 'dr5rve')
        then 'Long Island City' end;
    create table line as select row_number() over () as i, * from read_json('${path}',
      format = 'newline_delimited', columns = {event: 'VARCHAR', started_at: 'VARCHAR',
      ended_at: 'VARCHAR', start_lat: 'DOUBLE', start_lng: 'DOUBLE',
      end_lat: 'DOUBLE', end_lng: 'DOUBLE'});
    create table ride as select *, ms(ended_at) as t,
      ms(ended_at) // 300000 * 300000 + 299999 as stamp,
      trunc((ms(ended_at) - ms(started_at)) / 60000.0) as minutes,
      case when start_lat not between 30 and 60 or start_lng not between -90 and -60
        then 'no_start'
        when end_lat not between 30 and 60 or end_lng not between -90 and -60
        then 'no_end' end as reason,
      max(ms(ended_at)) over (order by i rows between unbounded preceding and 1 preceding)
        - 120000 - 1 as mark
      from line where event = 'ride_ended' and end_lat is not null;
    create table kept as select * from ride
      where reason is null and coalesce(mark < stamp, true);`,
    `select to_json({'_id': 'rides_started|' || stamp || '|' || cell, 'query': 'rides_started',
        'timestamp': stamp, 'cell': cell, 'rides': rides, 'avg_minutes': total / rides})
      from (select stamp, geohash6(start_lat, start_lng) as cell, count(*) as rides,
        sum(minutes) as total from kept group by all)
    union all
    select to_json({'_id': 'flows|' || stamp || '|' || a || '|' || b, 'query': 'flows',
        'timestamp': stamp, 'from_zone': a, 'to_zone': b, 'rides': rides,
        'avg_minutes': total / rides, 'longest_minutes': longest})
      from (select stamp, part_of(start_lat, start_lng) as a, part_of(end_lat, end_lng) as b,
        count(*) as rides, sum(minutes) as total, max(minutes) as longest
        from kept group by all) where a is not null and b is not null`,
    `select 'read', count(*) from line
    union all select 'tallied', count(*) from kept
    union all select 'late', count(*) from ride where reason is null and mark >= stamp
    union all select 'undeclared_kind', count(*) from line where event <> 'ride_ended'
    union all select 'dead', count(*) from line
      where event is null or (event = 'ride_ended' and end_lat is null)
    union all select reason, count(*) from ride where reason is not null group by reason`,
  ],
};

function positionLines(count: number): string[] {
  const random = new Random(SEED + 1);
  return Array.from({ length: count }, (_, i) => {
    const nowMs = START_MS + i * 50;
    if (i % 100 === 99) {
      const time = new Date(nowMs - 20_000).toISOString();
      return JSON.stringify({ kind: "reported_up_to", time });
    }
    const lateMs = random.chance(0.02) ? 90_000 : 0;
    const position = {
      vehicle: `bus-${i % 50}`,
      kind: random.chance(0.01) ? "door_opened" : "position",
      reported_at: new Date(
        nowMs - lateMs - random.whole(0, 20_000),
      ).toISOString(),
      lat: random.chance(0.01) ? 91 : random.between(52.49, 52.53),
      lng: random.chance(0.01) ? -180.5 : random.between(13.36, 13.44),
      speed_kmh: random.chance(0.01) ? null : random.whole(0, 2_600) / 10,
      heading: 90,
    };
    return JSON.stringify(position);
  });
}

const POSITIONS: JobInput = {
  preset: "vehicle-positions",
  lines: positionLines(byScale(6_000, 60_000)),
  sql: (path) => [
    `${GEOHASH_SQL}
    create table line as select row_number() over () as i, * from read_json('${path}',
      format = 'newline_delimited', columns = {kind: 'VARCHAR', reported_at: 'VARCHAR',
      time: 'VARCHAR', lat: 'DOUBLE', lng: 'DOUBLE', speed_kmh: 'DOUBLE'});
    create table marked as select *, max(ms(time)) over
      (order by i rows between unbounded preceding and 1 preceding) as mark from line;
    create table position as select *, ms(reported_at) // 60000 * 60000 + 59999 as stamp,
      case when abs(lat) > 90 then 'latitude_range' when abs(lng) > 180 then 'longitude_range'
        when speed_kmh > 250 then 'implausible_speed' end as reason
      from marked where kind = 'position' and speed_kmh is not null;
    create table kept as select * from position
      where reason is null and coalesce(mark < stamp, true);`,
    `select to_json({'_id': 'speeds|' || stamp || '|' || cell, 'query': 'speeds',
        'timestamp': stamp, 'cell': cell, 'avg_speed_kmh': total / n,
        'max_speed_kmh': most, 'positions': n})
      from (select stamp, geohash7(lat, lng) as cell, count(*) as n, max(speed_kmh) as most,
        sum(floor(speed_kmh * 1048576 + 0.5) / 1048576) as total from kept group by all)`,
    `select 'read', count(*) from line
    union all select 'tallied', count(*) from kept
    union all select 'late', count(*) from position where reason is null and mark >= stamp
    union all select 'undeclared_kind', count(*) from line where kind = 'door_opened'
    union all select 'watermarksTaken', count(*) from line where kind = 'reported_up_to'
    union all select 'dead', count(*) from line where kind = 'position' and speed_kmh is null
    union all select reason, count(*) from position where reason is not null group by reason`,
  ],
};

/** All of them. */
export const JOB_INPUTS: readonly JobInput[] = [RIDES, POSITIONS];
