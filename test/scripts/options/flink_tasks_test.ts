/** Goal: a stream's shards are asked for, and never needed. */
import { pino } from "pino";
import t from "tap";
import { startLocalKinesis } from "../../../engine/local_kinesis/mod.ts";
import type { CommandContext } from "../../../scripts/context.ts";
import { tasksFrom } from "../../../scripts/options/flink_tasks.ts";
import { MemoryOutput } from "../memory_output.ts";

const region = "us-east-1";
const kinesis = await startLocalKinesis({
  region,
  streams: [{ name: "taxi", shardCount: 3 }],
});
t.teardown(() => kinesis.close());
const { url: endpoint } = kinesis;
const stream = `arn:aws:kinesis:${region}:000000000000:stream/taxi`;

function surroundings() {
  const output = new MemoryOutput();
  const signal = new AbortController().signal;
  const context = { log: pino(output), signal } as Partial<CommandContext>;
  return { output, context: context as CommandContext };
}

t.test("as many tasks as shards, unless a number is given", async (t) => {
  const { output, context } = surroundings();
  t.equal(await tasksFrom({ stream, endpoint }, context), 3);
  t.match(output.text, "as many tasks as the stream has shards");
  t.equal(await tasksFrom({ stream, endpoint, parallelism: 8 }, context), 8);
  t.notMatch(output.text, "is below");
  t.equal(await tasksFrom({ stream, endpoint, parallelism: 2 }, context), 2);
  t.match(output.text, "--parallelism 2 is below the stream's 3 shards");
});

t.test(
  "without a stream, or where none answers, all is as given",
  async (t) => {
    const { context } = surroundings();
    t.equal(await tasksFrom({}, context), undefined);
    t.equal(await tasksFrom({ parallelism: 4 }, context), 4);
    const gone = { stream, endpoint: "http://127.0.0.1:1" };
    t.equal(await tasksFrom(gone, context), undefined);
  },
);

t.test("a stream that doesn't exist is said", async (t) => {
  const { context } = surroundings();
  await t.rejects(tasksFrom({ stream: `${stream}-x`, endpoint }, context), {
    code: "FD_STREAM",
    message: /Cannot find stream/,
  });
});
