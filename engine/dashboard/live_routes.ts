/**
 * Serves the live feed as server-sent events: `GET /api/live`.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { CELL_PRECISION_MAX } from "../results/limits.ts";
import { FRAMES_WAITING_MAX, SPAN_WINDOWS } from "./limits.ts";
import type { LiveFeed } from "./live_feed.ts";

const CHOICE = z.strictObject({
  windows: z.coerce
    .number()
    .refine(
      (windows) => SPAN_WINDOWS.includes(windows),
      `must be one of ${SPAN_WINDOWS.join(", ")}`,
    ),
  precision: z.coerce.number().int().min(1).max(CELL_PRECISION_MAX),
  average: z.string().max(64).optional(),
});

let lastText = "";
let lastEvent = new Uint8Array();

/** A message as an event; made once for all pages that are sent the same. */
function eventOf(text: string): Uint8Array {
  if (text !== lastText) {
    lastText = text;
    lastEvent = new TextEncoder().encode(`data: ${text}\n\n`);
  }
  return lastEvent;
}

/** A stream of events; a page that doesn't keep up is let go. */
function eventStream(
  feed: LiveFeed,
  choice: z.output<typeof CHOICE>,
): ReadableStream<Uint8Array> {
  let leave = () => {};
  return new ReadableStream({
    start(controller) {
      // The page's own reconnecting is better: it knows of signing in.
      controller.enqueue(new TextEncoder().encode(": flagdrop\n\n"));
      leave = feed.add({
        choice,
        send: (text) => {
          if ((controller.desiredSize ?? 0) < -FRAMES_WAITING_MAX) {
            leave();
            controller.close();
            return;
          }
          controller.enqueue(eventOf(text));
        },
      });
    },
    cancel: () => leave(),
  });
}

/** Adds the feed to an app. */
export function addLiveRoutes(app: Hono, feed: LiveFeed): void {
  app.get("/api/live", (c: Context) => {
    const choice = CHOICE.safeParse(c.req.query());
    if (!choice.success) {
      const [issue] = choice.error.issues;
      const error = `Cannot use "${issue?.path.join(".")}": ${issue?.message}`;
      return c.json({ error }, 400);
    }
    if (feed.isFull) {
      const error = "Cannot show more pages at once: close one elsewhere";
      return c.json({ error }, 503);
    }
    c.header("content-type", "text/event-stream");
    c.header("x-accel-buffering", "no");
    return c.body(eventStream(feed, choice.data));
  });
}
