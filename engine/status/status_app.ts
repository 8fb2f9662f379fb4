/**
 * What the status server answers, without the server: `GET /api/status`,
 * `/metrics` and `/healthz`.
 *
 * @module
 */
import { Hono } from "hono";
import { errorLine } from "../errors.ts";
import type { Metrics } from "./metrics.ts";
import { refusalOf } from "./request_guard.ts";
import type { EngineStatus } from "./status.ts";

/** Options for {@linkcode createStatusApp}. */
export interface StatusAppOptions {
  /** The host that the server listens on, as the user named it. */
  readonly host: string;
  readonly status: () => EngineStatus;
  /** Told of what goes wrong while answering. */
  readonly onError: (message: string) => void;
}

const METHODS = ["GET", "HEAD"] as const;

/** Nothing here is to be run, framed, kept or read by another site. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

const INDEX = `Flagdrop
/api/status  everything at this moment, JSON
/metrics     the same for Prometheus
/healthz     200 while it runs, 503 once it has failed
`;

/** Makes the app. */
export function createStatusApp(options: StatusAppOptions): Hono {
  const { host, status, onError } = options;
  const app = new Hono();
  let metrics: Promise<Metrics> | undefined;
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    const refusal = refusalOf(
      { host: c.req.header("host"), origin: c.req.header("origin") },
      host,
    );
    if (refusal !== undefined) return c.text(`Forbidden: ${refusal}\n`, 403);
    if (!METHODS.some((method) => method === c.req.method)) {
      c.header("allow", METHODS.join(", "));
      return c.text("Method not allowed: use GET\n", 405);
    }
    return await next();
  });
  app.get("/", (c) => c.text(INDEX));
  app.get("/api/status", (c) => c.json(status()));
  app.get("/healthz", (c) => {
    const { state, error } = status();
    return state === "failed"
      ? c.text(`failed: ${error ?? "unknown"}\n`, 503)
      : c.text(`${state}\n`, 200);
  });
  app.get("/metrics", async (c) => {
    // Loaded when the first scraper comes: most runs have none.
    metrics ??= import("./metrics.ts").then(({ Metrics }) => new Metrics());
    const made = await metrics;
    c.header("content-type", made.contentType);
    return c.body(await made.text(status()));
  });
  app.notFound((c) => c.text(`Not found; there are:\n${INDEX}`, 404));
  app.onError((error, c) => {
    onError(errorLine(error));
    return c.text("Internal error\n", 500);
  });
  return app;
}
