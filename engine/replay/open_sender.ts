/**
 * Connects a replay with its stream.
 *
 * @module
 */
import { systemClock } from "../clock.ts";
import { FlagdropError } from "../errors.ts";
import { describeStream, listShards } from "../kinesis/control_plane.ts";
import { PutRecordsClient } from "../kinesis/put_client.ts";
import { RECORD_BYTES_MAX } from "../kinesis/put_limits.ts";
import { PutRecordsSender } from "../kinesis/put_records.ts";
import {
  httpPutTransport,
  type PutTransport,
} from "../kinesis/put_transport.ts";
import type { ReplayOptions } from "./replay_options.ts";

/**
 * The largest record that the stream takes. Who may put records may yet be
 * forbidden to describe the stream: then it is taken to be an ordinary one.
 */
async function recordBytesMaxOf(options: ReplayOptions): Promise<number> {
  const { connection, stream, listShards: own, onWarning } = options;
  if (options.recordBytesMax !== undefined) return options.recordBytesMax;
  if (own !== undefined) return RECORD_BYTES_MAX;
  try {
    return (await describeStream(connection, stream)).recordBytesMax;
  } catch (error) {
    if (!(error instanceof FlagdropError)) throw error;
    if (error.code !== "FD_CREDENTIALS") throw error;
    onWarning?.(
      `records above 1 MiB are left out, as these credentials don't allow kinesis:DescribeStreamSummary`,
    );
    return RECORD_BYTES_MAX;
  }
}

/**
 * Lists the stream's shards and opens a sender.
 *
 * @returns It and its way to the service, which is to be closed after it.
 * @throws {FlagdropError} When the stream can't be reached.
 */
export async function openSender(
  options: ReplayOptions,
): Promise<{ sender: PutRecordsSender; transport: PutTransport }> {
  const { connection, stream, clock = systemClock } = options;
  const transport = options.transport ?? httpPutTransport(connection);
  const client = new PutRecordsClient({ connection, stream, transport, clock });
  const list = options.listShards ?? (() => listShards(connection, stream));
  const { aggregate = false, pacing = true, random = Math.random } = options;
  try {
    const sender = await PutRecordsSender.open({
      put: (batch, signal) => client.put(batch, signal),
      listShards: list,
      target: { endpoint: connection.endpoint, stream },
      aggregate,
      pacing,
      recordBytesMax: await recordBytesMaxOf(options),
      clock,
      random,
    });
    return { sender, transport };
  } catch (error) {
    await transport.close();
    throw error;
  }
}
