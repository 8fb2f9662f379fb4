/**
 * DescribeStreamSummary.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { findStream, STREAM_MEMBERS } from "../stream_input.ts";
import { structure } from "../wire/shape.ts";
import { streamHead, streamSettings } from "./stream_description.ts";

const KIB = 1_024;

/** Describes a stream without its shards. */
export const describeStreamSummary: Operation = operation(
  structure(STREAM_MEMBERS),
  (service, input) => {
    const nowMs = service.clock.nowMs();
    const stream = findStream(service, input);
    return {
      StreamDescriptionSummary: {
        ...streamHead(stream, nowMs),
        ...streamSettings(stream),
        OpenShardCount:
          stream.status(nowMs) === "CREATING" ? 0 : stream.openShards.length,
        ConsumerCount: stream.consumers.list(nowMs).length,
        MaxRecordSizeInKiB: stream.recordBytesMax / KIB,
      },
    };
  },
);
