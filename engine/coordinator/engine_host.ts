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
  type StartWorkersOptions,
  startWorkers,
  type Workers,
} from "./worker_pool.ts";

/** Everything that a run takes from outside. */
export interface EngineHost {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly controlPlane: ControlPlane;
  readonly startWorkers: (options: StartWorkersOptions) => Workers;
  readonly openGauge: () => ProcessGauge;
}

/** This machine. */
export const machineHost: EngineHost = {
  clock: systemClock,
  random: Math.random,
  controlPlane,
  startWorkers,
  openGauge: openProcessGauge,
};
