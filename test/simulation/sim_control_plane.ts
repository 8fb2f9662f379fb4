/** The simulated Kinesis' control plane, as one process sees it. */

import type { ControlPlane } from "../../engine/kinesis/control_plane.ts";
import { noAnswer } from "../../engine/kinesis/request_error.ts";
import type { KinesisShard } from "../../engine/kinesis/shard.ts";
import type { Life } from "./scheduler.ts";
import type { World } from "./world.ts";

const STREAM = {
  streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/rides",
  streamName: "rides",
  creationTimeMs: 1_400_000_000_000,
  status: "ACTIVE",
  retentionHours: 24,
  recordBytesMax: 1_048_576,
};

/** @param life The process that asks. */
export function simControlPlane(world: World, life: Life): ControlPlane {
  let before: KinesisShard[] | undefined;
  const travel = () => world.scheduler.pause(life, world.latencyMs());
  return {
    async describeStream() {
      await travel();
      return { ...STREAM, openShardCount: world.stream.open.length };
    },
    async listShards() {
      await travel();
      const isWrong =
        before !== undefined && world.goesWrong(world.faults.rates.listing);
      const fails = isWrong && world.random.chance(0.5);
      const present = world.stream.list();
      const answer = isWrong ? (before ?? present) : present;
      before = present;
      await travel();
      if (fails) throw noAnswer("the control plane does not answer");
      world.note(`shards listed: ${answer.length}`);
      return answer;
    },
    // The simulated stream is polled.
    registerConsumer: async () => "",
  };
}
