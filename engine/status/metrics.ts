/**
 * The status as Prometheus metrics. Values are set from one status each time
 * they are asked for; nothing is counted here.
 *
 * @module
 */
import { Counter, Gauge, Registry } from "prom-client";
import { CHECKPOINT_METRICS } from "./checkpoint_metrics.ts";
import { ENGINE_METRICS, PROCESS_METRICS } from "./engine_metrics.ts";
import type { MetricSpec } from "./metric_spec.ts";
import { SHARD_METRICS, SINK_METRICS, WORKER_METRICS } from "./part_metrics.ts";
import type { EngineStatus } from "./status.ts";

/** What all names begin with. */
const PREFIX = "flagdrop_";

/** Makes the text that Prometheus scrapes. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #setters: readonly ((status: EngineStatus) => void)[];

  constructor() {
    this.#setters = [
      ...ENGINE_METRICS,
      ...SHARD_METRICS,
      ...WORKER_METRICS,
      ...SINK_METRICS,
      ...CHECKPOINT_METRICS,
      ...PROCESS_METRICS,
    ].map((spec) => this.#register(spec));
  }

  #register(spec: MetricSpec): (status: EngineStatus) => void {
    const config = {
      name: `${PREFIX}${spec.name}`,
      help: spec.help,
      labelNames: spec.labels ?? [],
      registers: [this.#registry],
    };
    const metric =
      spec.type === "counter" ? new Counter(config) : new Gauge(config);
    return (status) => {
      metric.reset();
      // Without a sample there is no value, rather than the 0 of a reset.
      if (spec.labels === undefined) metric.remove({});
      for (const { labels = {}, value } of spec.samples(status)) {
        metric.inc({ ...labels }, value);
      }
    };
  }

  /** The content type of {@linkcode text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics of a status. */
  text(status: EngineStatus): Promise<string> {
    for (const set of this.#setters) set(status);
    return this.#registry.metrics();
  }
}
