/**
 * What surrounds a run: time, chance, threads, the control plane, the process.
 * On a machine they are the real ones; a simulator hands in its own.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { type ControlPlane, controlPlane } from "../kinesis/control_plane.ts";
import { openProcessGauge, type ProcessGauge } from "./process_gauge.ts";
import {
  type OpenWorkersOptions,
  openWorkers,
  type Workers,
} from "./worker_pool.ts";

/** Everything that a run takes from outside. */
export interface EngineHost {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly controlPlane: ControlPlane;
  readonly openWorkers: (options: OpenWorkersOptions) => Workers;
  readonly openGauge: () => ProcessGauge;
}

/** This machine. */
export const machineHost: EngineHost = {
  clock: systemClock,
  random: Math.random,
  controlPlane,
  openWorkers,
  openGauge: openProcessGauge,
};
