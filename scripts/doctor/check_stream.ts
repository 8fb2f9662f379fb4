/**
 * The stream: credentials, the stream itself, and each call that a run makes.
 *
 * @module
 */
import type { AwsConnection } from "../../engine/aws/connection.ts";
import { isLoopback } from "../../engine/aws/credentials.ts";
import type { Clock } from "../../engine/clock.ts";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import {
  describeStream,
  listShards,
} from "../../engine/kinesis/control_plane.ts";
import { persistently } from "../../engine/kinesis/control_plane_retry.ts";
import { withKinesisClient } from "../../engine/kinesis/kinesis_client.ts";
import type { StreamDescription } from "../../engine/kinesis/shard.ts";
import { type Finding, failed, ok, warning, wrong } from "./finding.ts";

/** What is asked of the stream, and with what. */
export interface StreamQuestion {
  readonly connection: AwsConnection;
  /** Name or ARN. */
  readonly stream: string;
  /** The consumer of `--consumer`, name or ARN; undefined for polling. */
  readonly consumer: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Characters of a key id that are shown: whose it is, not what it is. */
const KEY_ID_SHOWN = 4;

/** Checks that the usual chain has credentials. */
export async function checkCredentials({
  connection,
  clock,
}: Pick<StreamQuestion, "connection" | "clock">): Promise<Finding> {
  try {
    const { accessKeyId, expiresAtMs } = await connection.credentials.current();
    const shown = `${accessKeyId.slice(0, KEY_ID_SHOWN)}…${accessKeyId.slice(-KEY_ID_SHOWN)}`;
    if (accessKeyId === "flagdrop-local" && isLoopback(connection.endpoint)) {
      return ok("credentials", "a made-up pair, for a service on this machine");
    }
    if (!Number.isFinite(expiresAtMs)) {
      return ok("credentials", `key ${shown}, which does not expire`);
    }
    const minutes = Math.round((expiresAtMs - clock.nowMs()) / 60_000);
    return ok("credentials", `key ${shown}, for ${minutes} more minutes`);
  } catch (error) {
    return failed("credentials", error);
  }
}

function statusFinding(found: StreamDescription): Finding {
  const { streamArn, status, openShardCount, retentionHours } = found;
  const detail = `${streamArn}: ${openShardCount} open shards, ${retentionHours} h of retention`;
  return status === "ACTIVE" || status === "UPDATING"
    ? ok("stream", detail)
    : warning("stream", `${detail}, ${status}`, "wait until it is ACTIVE");
}

/** A refusal as what to allow on what; anything else as it is. */
function refusedCall(action: string, arn: string, error: unknown): Finding {
  const check = `permission kinesis:${action}`;
  const isDenied =
    error instanceof FlagdropError && error.code === "FD_CREDENTIALS";
  if (!isDenied) return failed(check, error);
  return wrong(check, `refused (${errorLine(error.cause ?? error)})`, {
    fix: `allow kinesis:${action} on ${arn}`,
    code: "FD_CREDENTIALS",
  });
}

/** Runs one call of a permission's name. */
async function tryCall<T>(
  { action, arn }: { readonly action: string; readonly arn: string },
  findings: Finding[],
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const value = await call();
    findings.push(ok(`permission kinesis:${action}`, "allowed"));
    return value;
  } catch (error) {
    findings.push(refusedCall(action, arn, error));
    return undefined;
  }
}

/** Reads once from the tip of the first shard, as a run does. */
async function checkReading(
  question: StreamQuestion,
  arn: string,
  shardId: string,
): Promise<Finding[]> {
  const { connection, stream, clock, random } = question;
  const findings: Finding[] = [];
  const retry = { connection, stream, clock, random, signal: undefined };
  await withKinesisClient(connection, async (client, sdk) => {
    const got = await tryCall(
      { action: "GetShardIterator", arn },
      findings,
      () =>
        persistently(
          (sending) =>
            client.send(
              new sdk.GetShardIteratorCommand({
                StreamARN: arn,
                ShardId: shardId,
                ShardIteratorType: "LATEST",
              }),
              sending,
            ),
          retry,
        ),
    );
    const iterator = got?.ShardIterator;
    if (iterator === undefined) return;
    await tryCall({ action: "GetRecords", arn }, findings, () =>
      persistently(
        (sending) =>
          client.send(
            new sdk.GetRecordsCommand({
              StreamARN: arn,
              ShardIterator: iterator,
              Limit: 1,
            }),
            sending,
          ),
        retry,
      ),
    );
  });
  return findings;
}

/** Looks the consumer of `--consumer` up; it is not registered here. */
async function checkConsumer(
  question: StreamQuestion,
  arn: string,
): Promise<Finding[]> {
  const { connection, stream, consumer, clock, random } = question;
  if (consumer === undefined) return [];
  try {
    const found = await withKinesisClient(connection, async (client, sdk) =>
      persistently(
        (sending) =>
          client.send(
            new sdk.DescribeStreamConsumerCommand(
              consumer.startsWith("arn:")
                ? { ConsumerARN: consumer }
                : { StreamARN: arn, ConsumerName: consumer },
            ),
            sending,
          ),
        { connection, stream, clock, random, signal: undefined },
      ),
    );
    const status = found.ConsumerDescription?.ConsumerStatus ?? "unknown";
    return [ok("consumer", `"${consumer}" is ${status}`)];
  } catch (error) {
    const { name = "" } = ((error as Error).cause ?? {}) as { name?: string };
    if (name === "ResourceNotFoundException") {
      return [
        warning(
          "consumer",
          `"${consumer}" is not registered yet`,
          "nothing, if kinesis:RegisterStreamConsumer is allowed: the run registers it, and it is billed",
        ),
      ];
    }
    return [refusedCall("DescribeStreamConsumer", `${arn}/consumer/*`, error)];
  }
}

/** Checks the stream and every call that reading it takes. */
export async function checkStream(
  question: StreamQuestion,
): Promise<Finding[]> {
  const { connection, stream } = question;
  let found: StreamDescription;
  try {
    found = await describeStream(connection, stream, question);
  } catch (error) {
    return [failed("stream", error)];
  }
  const arn = found.streamArn;
  const findings = [
    statusFinding(found),
    ok("permission kinesis:DescribeStreamSummary", "allowed"),
  ];
  const shards = await tryCall({ action: "ListShards", arn }, findings, () =>
    listShards(connection, stream, question),
  );
  const open = shards?.find(({ closed }) => !closed);
  if (open !== undefined) {
    findings.push(...(await checkReading(question, arn, open.shardId)));
  }
  findings.push(...(await checkConsumer(question, arn)));
  return findings;
}
