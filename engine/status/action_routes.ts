/**
 * Serves the actions: `POST /api/savepoint`, `/api/workers`,
 * `/api/shards/move` and `/api/stop`.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ZodError } from "zod";
import { errorLine, FlagdropError } from "../errors.ts";
import {
  ACTION_ROUTES,
  type ActionRoute,
  type EngineActions,
} from "./engine_actions.ts";
import { ACTION_BODY_BYTES_MAX } from "./limits.ts";
import { ACTION_HEADER, actionRefusalOf } from "./request_guard.ts";

/** Options for {@linkcode addActionRoutes}. */
export interface ActionRoutesOptions {
  readonly actions: EngineActions;
  readonly isReadOnly: boolean;
  /** Told of each action that is begun, and of what goes wrong later. */
  readonly onAction: (message: string) => void;
}

type Failure = 400 | 403 | 409 | 413 | 501;

function failed(c: Context, status: Failure, error: string): Response {
  return c.json({ error }, status);
}

async function bodyOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  return text === "" ? {} : JSON.parse(text);
}

/** The work that a request asks for, or the answer that refuses it. */
async function prepared(
  c: Context,
  route: ActionRoute,
  actions: EngineActions,
): Promise<(() => Promise<unknown>) | Response> {
  const { verb, example } = route;
  try {
    const work = route.prepare(actions, await bodyOf(c));
    return (
      work ?? failed(c, 501, `Cannot ${verb} as this run has no means for it`)
    );
  } catch (error) {
    if (!(error instanceof ZodError) && !(error instanceof SyntaxError)) {
      throw error;
    }
    return failed(c, 400, `Cannot ${verb}: send a body such as ${example}`);
  }
}

async function act(
  c: Context,
  route: ActionRoute,
  options: ActionRoutesOptions,
): Promise<Response> {
  const { verb, path, status } = route;
  if (options.isReadOnly) {
    return failed(c, 403, `Cannot ${verb} as this page is read-only`);
  }
  const refusal = actionRefusalOf({
    contentType: c.req.header("content-type"),
    action: c.req.header(ACTION_HEADER),
    authorization: c.req.header("authorization"),
    site: c.req.header("sec-fetch-site"),
  });
  if (refusal !== undefined) {
    return failed(c, 403, `Cannot ${verb}: ${refusal}`);
  }
  const work = await prepared(c, route, options.actions);
  if (work instanceof Response) return work;
  options.onAction(`asked over HTTP: ${path}`);
  const done = work();
  if (status === 202) {
    done.catch((error: unknown) => options.onAction(errorLine(error)));
    return c.json({ ok: true }, 202);
  }
  try {
    const result = await done;
    return c.json(result === undefined ? { ok: true } : { ok: true, result });
  } catch (error) {
    if (!(error instanceof FlagdropError)) throw error;
    return failed(c, 409, errorLine(error));
  }
}

/** Adds the actions to an app. */
export function addActionRoutes(app: Hono, options: ActionRoutesOptions): void {
  const limit = bodyLimit({
    maxSize: ACTION_BODY_BYTES_MAX,
    onError: (c) => failed(c, 413, "Cannot read the body as it is too long"),
  });
  for (const route of ACTION_ROUTES) {
    app.post(`/api/${route.path}`, limit, (c) => act(c, route, options));
  }
}
