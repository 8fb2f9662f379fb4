/**
 * What may be asked of a running engine over HTTP, beyond looking at it.
 *
 * @module
 */
import { z } from "zod";
import { WORKERS_MAX } from "../limits.ts";

/** Each is there as far as the engine can do it; the others answer 501. */
export interface EngineActions {
  /** Takes a checkpoint that is kept; resolves with what there is to know. */
  readonly savepoint?: (() => Promise<unknown>) | undefined;
  /** Changes the number of worker threads. */
  readonly setWorkers?: ((count: number) => Promise<unknown>) | undefined;
  /** Hands a shard to another worker. */
  readonly moveShard?:
    | ((shardId: string, worker: number) => Promise<unknown>)
    | undefined;
  /** Begins to stop; the run ends later. */
  readonly stop?: (() => Promise<unknown>) | undefined;
}

/** One action: where it is asked for, and what it does. */
export interface ActionRoute {
  /** Below `/api/`. */
  readonly path: string;
  /** What it does, for a sentence beginning with "Cannot". */
  readonly verb: string;
  /** An example of a body, shown when the body is wrong. */
  readonly example: string;
  /** 202 where the answer comes before the work is done. */
  readonly status: 200 | 202;
  /** The work with a checked body, or undefined when the engine can't do it. */
  readonly prepare: (
    actions: EngineActions,
    body: unknown,
  ) => (() => Promise<unknown>) | undefined;
}

const EMPTY_BODY = z.strictObject({});
const WORKERS_BODY = z.strictObject({ count: z.int().min(1).max(WORKERS_MAX) });
const MOVE_BODY = z.strictObject({
  shardId: z.string().min(1).max(256),
  worker: z
    .int()
    .min(0)
    .max(WORKERS_MAX - 1),
});

/** All actions. `prepare` throws a `ZodError` for a body that is wrong. */
export const ACTION_ROUTES: readonly ActionRoute[] = [
  {
    path: "savepoint",
    verb: "take a savepoint",
    example: "{}",
    status: 200,
    prepare: ({ savepoint }, body) => {
      EMPTY_BODY.parse(body);
      return savepoint && (() => savepoint());
    },
  },
  {
    path: "workers",
    verb: "change the number of workers",
    example: '{"count":2}',
    status: 200,
    prepare: ({ setWorkers }, body) => {
      const { count } = WORKERS_BODY.parse(body);
      return setWorkers && (() => setWorkers(count));
    },
  },
  {
    path: "shards/move",
    verb: "move the shard",
    example: '{"shardId":"shardId-000000000000","worker":0}',
    status: 200,
    prepare: ({ moveShard }, body) => {
      const { shardId, worker } = MOVE_BODY.parse(body);
      return moveShard && (() => moveShard(shardId, worker));
    },
  },
  {
    path: "stop",
    verb: "stop",
    example: "{}",
    status: 202,
    prepare: ({ stop }, body) => {
      EMPTY_BODY.parse(body);
      return stop && (() => stop());
    },
  },
];

/**
 * The actions of a run, as far as it has the methods for them. Stopping is
 * begun and not waited for: the server ends with the run.
 */
export function actionsOf(engine: EngineActions): EngineActions {
  return {
    savepoint: engine.savepoint?.bind(engine),
    setWorkers: engine.setWorkers?.bind(engine),
    moveShard: engine.moveShard?.bind(engine),
    stop: engine.stop?.bind(engine),
  };
}
