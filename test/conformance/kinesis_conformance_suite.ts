/**
 * The same calls are made to our stand-in and to one by other people, and the
 * answers compared: what one of us alone misread shows.
 *
 * Both get the same calls in the same order, each on streams of its own, over
 * HTTP/1.1. Numbers of records, times, tokens and the wording of refusals are
 * taken out; every other difference must be in kinesis_differences.ts. Not a
 * part of `npm test`, as the other one is slow; `.ci/run` calls it.
 */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import t from "tap";
import { createDispatcher } from "../../engine/aws/dispatcher.ts";
import { sdkHttpHandler } from "../../engine/aws/sdk_http_handler.ts";
import {
  type LocalKinesis,
  startLocalKinesis,
} from "../../engine/local_kinesis/mod.ts";
import { type Body, type Finding, KinesisApi } from "./kinesis_api.ts";
import {
  DIFFERENT_OUTCOMES,
  ONLY_OURS,
  TOKEN_ONLY_OURS,
} from "./kinesis_differences.ts";
import { KinesisReferee } from "./kinesis_referee.ts";
import { runScenarios } from "./kinesis_scenarios.ts";
import { runReshardScenarios } from "./reshard_scenarios.ts";
import { subscriptionThroughSdk } from "./sdk_subscription.ts";

let referee: KinesisReferee;
let own: LocalKinesis;

t.before(async () => {
  referee = await KinesisReferee.start();
  own = await startLocalKinesis({ limits: false, credentials: "any" });
});

t.teardown(async () => {
  await referee?.stop();
  await own?.close();
});

/** How a call ended: a refusal's type, a status, or `accepted`. */
function ending(outcome: Body): string {
  if (outcome?.status === undefined) return "accepted";
  return outcome.refusal ?? String(outcome.status);
}

/** An answer without what the referee doesn't know. */
function common(value: Body, step: string, path = ""): Body {
  if (Array.isArray(value) || typeof value !== "object" || value === null) {
    return value;
  }
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const memberPath = path === "" ? name : `${path}.${name}`;
    if (ONLY_OURS.has(memberPath)) return [];
    if (name === "NextToken" && TOKEN_ONLY_OURS.has(step)) return [];
    return [[name, common(member, step, memberPath)]];
  });
  return Object.fromEntries(kept);
}

async function findings(url: string): Promise<readonly Finding[]> {
  const api = new KinesisApi(url);
  await runScenarios(api);
  await runReshardScenarios(api);
  return api.findings;
}

t.test("both stand-ins answer the same", async (t) => {
  const ours = await findings(own.url);
  const theirs = await findings(referee.url);
  t.ok(ours.length > 100);
  t.same(
    ours.map(({ step }) => step),
    theirs.map(({ step }) => step),
  );
  for (const [index, { step, outcome }] of ours.entries()) {
    const other = theirs[index]?.outcome;
    const difference = DIFFERENT_OUTCOMES.get(step);
    if (difference === undefined) {
      t.strictSame(common(outcome, step), common(other, step), step);
    } else {
      t.equal(ending(outcome), difference.ours, step);
      t.equal(ending(other), difference.theirs, step);
    }
  }
  for (const step of [...DIFFERENT_OUTCOMES.keys(), ...TOKEN_ONLY_OURS]) {
    t.ok(
      ours.some((one) => one.step === step),
      `${step} is asked for`,
    );
  }
});

/** What the SDK makes of a stand-in's answers. */
async function throughSdk(url: string): Promise<unknown> {
  const dispatcher = createDispatcher({ endpoint: url, caPem: "" });
  const client = new KinesisClient({
    endpoint: url,
    region: "us-east-1",
    credentials: {
      accessKeyId: "flagdrop-local",
      secretAccessKey: "flagdrop-local",
    },
    requestHandler: sdkHttpHandler(dispatcher),
  });
  const StreamName = "sdk";
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  const api = new KinesisApi(url);
  await api.until(async () => {
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    return summary?.StreamStatus === "ACTIVE";
  });
  const put = await client.send(
    new PutRecordsCommand({
      StreamName,
      Records: [
        { Data: Buffer.from([1, 2, 3]), PartitionKey: "é" },
        { Data: Buffer.from("{}\n"), PartitionKey: "k" },
      ],
    }),
  );
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName,
      ShardId: put.Records?.[0]?.ShardId,
      ShardIteratorType: "AT_SEQUENCE_NUMBER",
      StartingSequenceNumber: put.Records?.[0]?.SequenceNumber,
    }),
  );
  const { Records = [], MillisBehindLatest } = await client.send(
    new GetRecordsCommand({ ShardIterator }),
  );
  const refusal = await client
    .send(new DescribeStreamSummaryCommand({ StreamName: "none" }))
    .catch((error: Error) => error.name);
  client.destroy();
  await dispatcher.close();
  return {
    failed: put.FailedRecordCount,
    shards: put.Records?.map(({ ShardId }) => ShardId),
    data: Records.map(({ Data = [] }) => [...Data]),
    keys: Records.map(({ PartitionKey }) => PartitionKey),
    isRecent: Records.map(
      ({ ApproximateArrivalTimestamp: arrival }) =>
        Math.abs(Number(arrival) - Date.now()) < 60_000,
    ),
    MillisBehindLatest,
    refusal,
  };
}

t.test("the AWS SDK sees no difference", async (t) => {
  t.strictSame(await throughSdk(own.url), await throughSdk(referee.url));
});

t.test("nor in a subscription", async (t) => {
  const ours = await subscriptionThroughSdk(own.url);
  t.match(ours, { texts: ["a", "é", "c"] });
  t.strictSame(ours, await subscriptionThroughSdk(referee.url));
});
