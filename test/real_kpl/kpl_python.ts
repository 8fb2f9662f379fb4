/** Python's aws-kinesis-agg: takes aggregated records apart and makes some. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pythonPrograms } from "../helpers/python_environment.ts";

const run = promisify(execFile);
const PACKAGES = [
  ...["aws-kinesis-agg==1.2.3", "protobuf==3.20.3", "six==1.17.0"],
] as const;
const OUTPUT_BYTES_MAX = 1 << 30;

async function python(script: string, input: string): Promise<string[]> {
  const programs = await pythonPrograms(PACKAGES);
  const child = run(`${programs}/python`, ["-c", script], {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  child.child.stdin?.end(input);
  const { stdout } = await child;
  return stdout.split("\n").filter((line) => line !== "");
}

const TAKE_APART = `
import base64, json, sys
from aws_kinesis_agg.deaggregator import iter_deaggregate_records
for line in sys.stdin:
    record = {"eventID": "shard:1", "kinesis": {"data": line.strip(),
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "outer", "sequenceNumber": "1",
        "approximateArrivalTimestamp": 1.0}}
    for one in iter_deaggregate_records([record]):
        inner = one["kinesis"]
        print(json.dumps([base64.b64decode(inner["data"]).decode("utf8"),
            inner["partitionKey"], inner.get("explicitHashKey"),
            inner.get("aggregated", False)]))
`;

/** A user record as Python found it. */
export type PythonRecord = readonly [
  data: string,
  partitionKey: string,
  explicitHashKey: string | null,
  isAggregated: boolean,
];

/** Takes Kinesis records apart. */
export async function takeApart(
  records: readonly Buffer[],
): Promise<PythonRecord[]> {
  const input = records.map((data) => data.toString("base64")).join("\n");
  return (await python(TAKE_APART, `${input}\n`)).map((line) =>
    JSON.parse(line),
  );
}

const PUT_TOGETHER = `
import base64, json, sys
from aws_kinesis_agg.aggregator import RecordAggregator
def show(record):
    key, hash_key, data = record.get_contents()
    print(base64.b64encode(data).decode())
aggregator = RecordAggregator(51200)
for line in sys.stdin:
    data, key, hash_key = json.loads(line)
    full = aggregator.add_user_record(key, data.encode("utf8"), hash_key)
    if full: show(full)
last = aggregator.clear_and_get()
if last: show(last)
`;

/** A user record for Python. */
export type UserRecord = readonly [
  data: string,
  partitionKey: string,
  explicitHashKey: string | null,
];

/** Puts user records together; gives the Kinesis records. */
export async function putTogether(
  records: readonly UserRecord[],
): Promise<Buffer[]> {
  const input = records.map((record) => JSON.stringify(record)).join("\n");
  return (await python(PUT_TOGETHER, `${input}\n`)).map((line) =>
    Buffer.from(line, "base64"),
  );
}
