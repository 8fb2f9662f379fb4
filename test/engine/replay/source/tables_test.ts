/**
 * Tables as events. Goal: the TLC's files of every year, and anybody's by a
 * mapping, as CSV and as Parquet. Method: the headers as the TLC published
 * them, with a row each.
 */
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t, { type Test } from "tap";
import {
  type OpenSourceOptions,
  openSource,
} from "../../../../engine/replay/open_source.ts";
import { fileInputs } from "../../../../engine/replay/source/file_part.ts";
import { streamInputs } from "../../../../engine/replay/source/stream_part.ts";
import { ZoneTable } from "../../../../engine/replay/source/zone_table.ts";
import { chunkPositions, readSource } from "./read_source.ts";

const ZONES = new ZoneTable(
  "LocationID,zone,lat,lon\n1,Newark,40.69,-74.17\n138,LaGuardia,40.77,-73.87\n",
  "zones.csv",
);

async function read(t: Test, text: string, options: OpenSourceOptions = {}) {
  const path = join(t.testdir(), "a.csv");
  writeFileSync(path, text);
  const source = openSource(await fileInputs([path]), options);
  const events = (await readSource(source)).map(
    ({ line }) => JSON.parse(line) as Record<string, unknown>,
  );
  return { events, unparsable: source.counts.unparsable };
}

const COORDINATES = {
  pickup_lon: -73.99,
  pickup_lat: 40.75,
  dropoff_lon: -73.97,
  dropoff_lat: 40.7,
};
const IN_ZONES = {
  pickup_lon: -74.17,
  pickup_lat: 40.69,
  dropoff_lon: -73.87,
  dropoff_lat: 40.77,
};
const TIMES = {
  pickup_datetime: "2009-01-04T02:52:00.000Z",
  dropoff_datetime: "2009-01-04T03:02:00.000Z",
};

/** Header, row, and the event without its type and number. */
const FILES: Readonly<
  Record<string, readonly [string, string, Record<string, unknown>]>
> = {
  "yellow 2009": [
    "vendor_name,Trip_Pickup_DateTime,Trip_Dropoff_DateTime,Passenger_Count,Trip_Distance,Start_Lon,Start_Lat,Rate_Code,store_and_forward,End_Lon,End_Lat,Payment_Type,Fare_Amt,surcharge,mta_tax,Tip_Amt,Tolls_Amt,Total_Amt",
    "VTS,2009-01-04 02:52:00,2009-01-04 03:02:00,1,2.63,-73.99,40.75,,,-73.97,40.7,CASH,8.9,0.5,,0,0,9.4",
    {
      ...TIMES,
      ...COORDINATES,
      passenger_count: 1,
      trip_distance: 2.63,
      fare_amount: 8.9,
      tip_amount: 0,
      total_amount: 9.4,
    },
  ],
  "yellow 2010 to 2014": [
    "vendor_id, pickup_datetime, dropoff_datetime, passenger_count, trip_distance, pickup_longitude, pickup_latitude, rate_code, store_and_fwd_flag, dropoff_longitude, dropoff_latitude, payment_type, fare_amount, surcharge, mta_tax, tip_amount, tolls_amount, total_amount",
    "CMT,2009-01-04 02:52:00,2009-01-04 03:02:00,1,0.7,-73.99,40.75,1,N,-73.97,40.7,CRD,6.5,0,0.5,1.4,0,8.4",
    {
      ...TIMES,
      ...COORDINATES,
      passenger_count: 1,
      trip_distance: 0.7,
      fare_amount: 6.5,
      tip_amount: 1.4,
      total_amount: 8.4,
    },
  ],
  "yellow since July 2016": [
    "VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count,trip_distance,RatecodeID,store_and_fwd_flag,PULocationID,DOLocationID,payment_type,fare_amount",
    "1,2009-01-04 02:52:00,2009-01-04 03:02:00,1,2.5,1,N,1,138,2,9",
    {
      ...TIMES,
      ...IN_ZONES,
      passenger_count: 1,
      trip_distance: 2.5,
      fare_amount: 9,
    },
  ],
  "green 2013 to 2016": [
    "VendorID,lpep_pickup_datetime,Lpep_dropoff_datetime,Store_and_fwd_flag,RateCodeID,Pickup_longitude,Pickup_latitude,Dropoff_longitude,Dropoff_latitude,Passenger_count,Trip_distance,Fare_amount,Extra,MTA_tax,Tip_amount,Tolls_amount,Ehail_fee,Total_amount,Payment_type,Trip_type ",
    // The TLC's rows have two fields more than their header.
    "2,2009-01-04 02:52:00,2009-01-04 03:02:00,N,1,-73.99,40.75,-73.97,40.7,1,.00,21,0,0,0,0,,21,2,,,",
    {
      ...TIMES,
      ...COORDINATES,
      passenger_count: 1,
      fare_amount: 21,
      tip_amount: 0,
      total_amount: 21,
    },
  ],
  "for hire 2015 and 2016": [
    "Dispatching_base_num,Pickup_date,locationID",
    "B00013,2009-01-04 02:52:00,138",
    {
      pickup_datetime: TIMES.pickup_datetime,
      pickup_lon: -73.87,
      pickup_lat: 40.77,
    },
  ],
  "for hire since 2017": [
    '"Dispatching_base_num","Pickup_DateTime","DropOff_datetime","PUlocationID","DOlocationID"',
    '"B00013","2009-01-04 02:52:00","2009-01-04 03:02:00","1","138"',
    { ...TIMES, ...IN_ZONES },
  ],
  "high volume": [
    "hvfhs_license_num,dispatching_base_num,pickup_datetime,dropoff_datetime,PULocationID,DOLocationID,SR_Flag,trip_miles,base_passenger_fare,tips",
    "HV0003,B02867,2009-01-04 02:52:00,2009-01-04 03:02:00,1,138,,5.4,12.5,2",
    {
      ...TIMES,
      ...IN_ZONES,
      trip_distance: 5.4,
      fare_amount: 12.5,
      tip_amount: 2,
    },
  ],
};

for (const [what, [header, row, expected]] of Object.entries(FILES)) {
  t.test(`the TLC's files are known: ${what}`, async (t) => {
    const { events } = await read(t, `${header}\r\n\r\n${row}\r\n`, {
      zones: ZONES,
    });
    t.strictSame(events, [{ type: "trip", trip_id: 1, ...expected }]);
  });
}

t.test("places of zones need a table; unknown ones are nowhere", async (t) => {
  const header = "pickup_datetime,dropoff_datetime,PULocationID,DOLocationID\n";
  const times = "2017-01-01 00:00:00,2017-01-01 00:10:00";
  const text = `${header}${times},1,264\n${times},1,99\n${times},,1\n${times},1.0,265\n`;
  await t.rejects(read(t, text), { message: /give --zone-table FILE/ });
  const { events, unparsable } = await read(t, text, { zones: ZONES });
  t.strictSame(
    events.map(({ pickup_lat, dropoff_lat, dropoff_lon }) => [
      pickup_lat,
      dropoff_lat,
      dropoff_lon,
    ]),
    [
      [40.69, 0, 0],
      [40.69, 0, 0],
    ],
  );
  t.equal(unparsable, 2);
});

t.test("a trip doesn't end before it begins in autumn's hour", async (t) => {
  const text =
    "pickup_datetime,dropoff_datetime,pickup_lon,pickup_lat,dropoff_lon,dropoff_lat\n" +
    "2015-11-01 01:50:00,2015-11-01 01:10:00,0,0,0,0\n" +
    "2015-11-01 01:10:00,2015-11-01 01:50:00,0,0,0,0\n" +
    "2016-03-13 01:55:00,2016-03-13 03:05:00,0,0,0,0\n";
  const { events } = await read(t, text, {
    timestamps: { timeZone: "America/New_York" },
  });
  t.strictSame(
    events.map(({ pickup_datetime, dropoff_datetime }) => [
      pickup_datetime,
      dropoff_datetime,
    ]),
    [
      ["2015-11-01T05:50:00.000Z", "2015-11-01T06:10:00.000Z"],
      ["2015-11-01T05:10:00.000Z", "2015-11-01T05:50:00.000Z"],
      ["2016-03-13T06:55:00.000Z", "2016-03-13T07:05:00.000Z"],
    ],
  );
});

t.test("any table is read by a mapping, or as it is", async (t) => {
  const text =
    'when;Wo "genau";n;Start lat\n01.02.2016 13:00;"Straße ""A""; 5";007;1.50\nsoon;;1;2\n';
  const timestamps = { format: "dd.MM.yyyy HH:mm" };
  const asItIs = await read(t, text, { timestamps, timestampField: "WHEN" });
  t.strictSame(asItIs.events, [
    {
      WHEN: "2016-02-01T13:00:00.000Z",
      'Wo "genau"': 'Straße "A"; 5',
      n: "007",
      "Start lat": 1.5,
    },
  ]);
  t.equal(asItIs.unparsable, 1);
  const mapped = await read(t, text, {
    timestamps,
    timestampField: "at",
    mapping: new Map([
      ["at", "when"],
      ["lat", "start lat"],
    ]),
  });
  t.strictSame(mapped.events, [{ at: "2016-02-01T13:00:00.000Z", lat: 1.5 }]);
  await t.rejects(read(t, text, { mapping: new Map([["a", "b"]]) }), {
    message:
      /it has no column "b", which --columns names: its columns are when,/,
  });
});

t.test("a mapping makes trips of other names", async (t) => {
  const text =
    "von,bis,a,b,c,d,Firma\n2016-01-01 00:00:00,2016-01-01 00:01:00,1,2,3,4,X\n";
  const mapping = new Map([
    ["pickup_datetime", "von"],
    ["dropoff_datetime", "bis"],
    ["pickup_lat", "a"],
    ["pickup_lon", "b"],
    ["dropoff_lat", "c"],
    ["dropoff_lon", "d"],
    ["vendor", "firma"],
  ]);
  const { events } = await read(t, text, { mapping });
  t.strictSame(events, [
    {
      type: "trip",
      trip_id: 1,
      pickup_datetime: "2016-01-01T00:00:00.000Z",
      dropoff_datetime: "2016-01-01T00:01:00.000Z",
      pickup_lon: 2,
      pickup_lat: 1,
      dropoff_lon: 4,
      dropoff_lat: 3,
      vendor: "X",
    },
  ]);
});

async function parquet(t: Test, sql: string): Promise<string> {
  const path = join(t.testdir(), "a.parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(
    `COPY (${sql}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  connection.closeSync();
  instance.closeSync();
  return path;
}

const TRIPS = `
  SELECT 2::BIGINT AS "VendorID",
    TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i) AS tpep_pickup_datetime,
    CASE WHEN i = 7 THEN NULL
      ELSE TIMESTAMP '2024-01-01 00:10:00' + to_seconds(i) END AS tpep_dropoff_datetime,
    (i % 7)::DOUBLE AS passenger_count, i / 10.0 AS trip_distance,
    1::INTEGER AS "PULocationID", 138::INTEGER AS "DOLocationID"
  FROM range(10000) r(i)`;

t.test(
  "Parquet is read as the TLC publishes it, from any time or row",
  async (t) => {
    const path = await parquet(t, TRIPS);
    const source = openSource(await fileInputs([path]), {
      zones: ZONES,
      timestamps: { timeZone: "America/New_York" },
    });
    const all = await readSource(source);
    t.equal(all.length, 9_999);
    t.equal(source.counts.unparsable, 1);
    t.strictSame(JSON.parse(all[5]?.line ?? ""), {
      type: "trip",
      trip_id: 6,
      pickup_datetime: "2024-01-01T05:00:05.000Z",
      dropoff_datetime: "2024-01-01T05:10:05.000Z",
      ...IN_ZONES,
      passenger_count: 5,
      trip_distance: 0.5,
    });
    t.equal(source.progress.readBytes, source.progress.totalBytes);
    const timeMs = all[6_000]?.timeMs ?? 0;
    const later = await readSource(source, { timeMs });
    t.equal(later.length, 3_999);
    t.equal(later[0]?.timeMs, timeMs);
    const chunks = await chunkPositions(source, { timeMs });
    const position = chunks[1]?.position;
    if (position === undefined) throw new Error("there are several chunks");
    const rest = await readSource(source, { timeMs, position, skipEvents: 3 });
    t.strictSame(rest, later.slice(position.ordinal + 3));
  },
);

t.test(
  "Parquet comes from standard input too, and any of its tables",
  async (t) => {
    const path = await parquet(
      t,
      "SELECT TIMESTAMPTZ '2024-01-01 00:00:00.25+02' AS \"my time\", 'a''b' AS s, NULL AS n, true AS b, 1e300::DOUBLE AS d",
    );
    const inputs = streamInputs(createReadStream(path));
    const source = openSource(inputs, { timestampField: "my time" });
    const [event] = await readSource(source);
    t.equal(event?.timeMs, Date.UTC(2023, 11, 31, 22, 0, 0, 250));
    t.equal(
      event?.line,
      '{"my time":"2023-12-31T22:00:00.250Z","s":"a\'b","b":"true","d":1e+300}\n',
    );
  },
);

t.test("a file that only begins as Parquet does is one line", async (t) => {
  const path = join(t.testdir(), "a.parquet");
  writeFileSync(path, "PAR1 and then nothing");
  const source = openSource(await fileInputs([path]));
  await t.rejects(readSource(source), {
    code: "FD_SOURCE",
    message: /^Cannot read ".*a\.parquet": [^\n]+$/,
  });
});
