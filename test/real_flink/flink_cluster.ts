/** A real cluster of Flink that ends with the test in every case. */
import type { Test } from "tap";
import {
  type ClusterOptions,
  type FlinkCluster,
  startFlinkCluster as start,
} from "../../perf/peers/flink_cluster.ts";

/** Starts a cluster; it is stopped when the test ends. */
export async function startFlinkCluster(
  t: Test,
  options: ClusterOptions = {},
): Promise<FlinkCluster> {
  const cluster = await start(options);
  t.teardown(() => cluster.stop());
  return cluster;
}
