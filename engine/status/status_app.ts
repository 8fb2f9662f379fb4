/**
 * What the status server answers, without the server: `GET /api/status`,
 * `/metrics` and `/healthz`, the actions, and signing in with a token.
 *
 * @module
 */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { errorLine } from "../errors.ts";
import type { AccessToken } from "./access_token.ts";
import { addActionRoutes } from "./action_routes.ts";
import { ACTION_ROUTES, type EngineActions } from "./engine_actions.ts";
import type { Metrics } from "./metrics.ts";
import { refusalOf } from "./request_guard.ts";
import { addSessionRoutes } from "./session_routes.ts";
import type { EngineStatus } from "./status.ts";

/** Options for {@linkcode createStatusApp}. */
export interface StatusAppOptions {
  /** The host that the server listens on, as the user named it. */
  readonly host: string;
  /** Undefined where no engine runs. */
  readonly status: (() => EngineStatus) | undefined;
  /** Told of what goes wrong while answering. */
  readonly onError: (message: string) => void;
  /** Told of actions. */
  readonly onAction?: (message: string) => void;
  /** What the engine can be asked to do. @default {{}} */
  readonly actions?: EngineActions;
  /** Refuses every action. @default {false} */
  readonly isReadOnly?: boolean;
  /** Asked for by everything but the page's own files and `/healthz`. */
  readonly token?: AccessToken | undefined;
  /** Adds what else is served, once the guards stand. */
  readonly extend?: (app: Hono) => void;
}

const POST_PATHS: ReadonlySet<string> = new Set([
  "/api/session",
  ...ACTION_ROUTES.map(({ path }) => `/api/${path}`),
]);

/** Nothing here is to be run, framed, kept or read by another site. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** What `/healthz` says where a store is served without an engine. */
const STORE_ONLY = { state: "running", error: null } as const;

const INDEX = `Flagdrop
/api/status  everything at this moment, JSON
/metrics     the same for Prometheus
/healthz     200 while it runs, 503 once it has failed
`;

/** Whether a path holds something to know, rather than the page's own files. */
function isGuarded(path: string): boolean {
  return path.startsWith("/api/") || path === "/metrics";
}

/** Refuses what comes from elsewhere, by the wrong method, or without token. */
function guard({ host, token }: StatusAppOptions): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    const refusal = refusalOf(
      { host: c.req.header("host"), origin: c.req.header("origin") },
      host,
      token !== undefined,
    );
    if (refusal !== undefined) return c.text(`Forbidden: ${refusal}\n`, 403);
    const { method, path } = c.req;
    const allowed = POST_PATHS.has(path) ? ["POST"] : ["GET", "HEAD"];
    if (!allowed.includes(method)) {
      c.header("allow", allowed.join(", "));
      return c.text(`Method not allowed: use ${allowed[0]}\n`, 405);
    }
    const admitted =
      token === undefined ||
      !isGuarded(path) ||
      path === "/api/session" ||
      token.admits({
        authorization: c.req.header("authorization"),
        cookie: c.req.header("cookie"),
      });
    if (admitted) return await next();
    c.header("www-authenticate", 'Bearer realm="flagdrop"');
    return c.json({ error: "Cannot answer without the token" }, 401);
  };
}

/** 200, or 503 once the run has failed; why is only told to who may know. */
function health(c: Context, options: StatusAppOptions): Response {
  const { state, error } = options.status?.() ?? STORE_ONLY;
  if (state !== "failed") return c.text(`${state}\n`, 200);
  const reason = options.token === undefined ? `: ${error ?? "unknown"}` : "";
  return c.text(`failed${reason}\n`, 503);
}

function addStatusRoutes(app: Hono, status: () => EngineStatus): void {
  let metrics: Promise<Metrics> | undefined;
  app.get("/api/status", (c) => c.json(status()));
  app.get("/metrics", async (c) => {
    // Loaded when the first scraper comes: most runs have none.
    metrics ??= import("./metrics.ts").then(({ Metrics }) => new Metrics());
    const made = await metrics;
    c.header("content-type", made.contentType);
    return c.body(await made.text(status()));
  });
}

/** Makes the app. */
export function createStatusApp(options: StatusAppOptions): Hono {
  const { status, onError, token, actions = {}, isReadOnly = false } = options;
  const app = new Hono();
  app.use(guard(options));
  app.get("/healthz", (c) => health(c, options));
  if (status !== undefined) addStatusRoutes(app, status);
  const { onAction = () => {} } = options;
  addActionRoutes(app, { actions, isReadOnly, onAction });
  addSessionRoutes(app, token);
  options.extend?.(app);
  app.get("/", (c) => c.text(INDEX));
  app.notFound((c) => c.text(`Not found; there are:\n${INDEX}`, 404));
  app.onError((error, c) => {
    onError(errorLine(error));
    return c.text("Internal error\n", 500);
  });
  return app;
}
