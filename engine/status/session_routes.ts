/**
 * Signing a browser in: `POST /api/session` takes the token once and gives a
 * cookie that scripts can't read.
 *
 * @module
 */
import type { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { AccessToken } from "./access_token.ts";
import { ACTION_BODY_BYTES_MAX } from "./limits.ts";
import { ACTION_HEADER, actionRefusalOf } from "./request_guard.ts";

const BODY = z.strictObject({ token: z.string().max(1_024) });

/** The body's token; undefined when there is none to be read. */
function tokenOf(text: string): string | undefined {
  try {
    return BODY.parse(JSON.parse(text)).token;
  } catch {
    return undefined;
  }
}

/** Adds signing in to an app; without a token nothing needs it. */
export function addSessionRoutes(
  app: Hono,
  token: AccessToken | undefined,
): void {
  const limit = bodyLimit({ maxSize: ACTION_BODY_BYTES_MAX });
  app.post("/api/session", limit, async (c) => {
    if (token === undefined) return c.json({ ok: true });
    const refusal = actionRefusalOf({
      contentType: c.req.header("content-type"),
      action: c.req.header(ACTION_HEADER),
      authorization: undefined,
      site: c.req.header("sec-fetch-site"),
    });
    if (refusal !== undefined) return c.json({ error: refusal }, 403);
    const given = tokenOf(await c.req.text());
    if (given === undefined || !token.matches(given)) {
      return c.json({ error: "This is not the token" }, 401);
    }
    c.header("set-cookie", token.cookie);
    return c.json({ ok: true });
  });
}
