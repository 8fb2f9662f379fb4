/**
 * Sees that this instance is about to be ended: by an Auto Scaling group's
 * lifecycle hook, or as a spot instance.
 *
 * @module
 */
import type { CallOff, Clock } from "../../engine/clock.ts";
import { TERMINATION_LOOK_MS } from "./limits.ts";
import type { MetadataService } from "./metadata_service.ts";

/** Why, and which instance. */
export interface Termination {
  readonly reason: "spot interruption" | "lifecycle hook";
  readonly instanceId: string;
}

/** Options for {@linkcode watchTermination}. */
export interface TerminationWatchOptions {
  readonly metadata: MetadataService;
  readonly clock: Clock;
  /** Called once. */
  readonly onTermination: (termination: Termination) => void;
  /** Told when the service can't be asked, the first time in a row. */
  readonly onTrouble: (error: unknown) => void;
}

const PATHS = [
  "spot/instance-action",
  "autoscaling/target-lifecycle-state",
  "instance-id",
] as const;

async function look(
  metadata: MetadataService,
): Promise<Termination | undefined> {
  const [spot, target, instanceId = ""] = await metadata.read(PATHS);
  // `hibernate` and `stop` end the process just as well.
  if (spot !== undefined) return { reason: "spot interruption", instanceId };
  return target === "Terminated"
    ? { reason: "lifecycle hook", instanceId }
    : undefined;
}

/** Looks every five seconds until there is a notice, or it is called off. */
export function watchTermination(options: TerminationWatchOptions): CallOff {
  const { metadata, clock, onTermination, onTrouble } = options;
  let isLooking = false;
  let isOver = false;
  let hadTrouble = false;
  const lookOnce = async () => {
    try {
      const found = await look(metadata);
      hadTrouble = false;
      if (found === undefined || isOver) return;
      callOff();
      onTermination(found);
    } catch (error) {
      if (!hadTrouble && !isOver) onTrouble(error);
      hadTrouble = true;
    }
  };
  const stopLooking = clock.every(TERMINATION_LOOK_MS, () => {
    if (isLooking) return;
    isLooking = true;
    void lookOnce().finally(() => {
      isLooking = false;
    });
  });
  const callOff = () => {
    isOver = true;
    stopLooking();
  };
  return callOff;
}
