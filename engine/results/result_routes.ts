/**
 * Serves results: `GET /api/results`, `/api/results/cells` and
 * `/api/results/series`.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { z } from "zod";
import { errorLine, FlagdropError } from "../errors.ts";
import type { JobPlan } from "../job/plan.ts";
import { parseTimeMs } from "../job/time.ts";
import { CELL_PRECISION_MAX, POINTS_MAX, RANGE_MS_MAX } from "./limits.ts";
import { resultSchema } from "./result_schema.ts";
import type { Results } from "./results.ts";

/** Epoch ms, or a time such as `2016-01-01T00:00:00Z`. */
const time = z.string().transform((text, context) => {
  const ms = /^-?\d{1,16}$/.test(text) ? Number(text) : parseTimeMs(text);
  if (!Number.isNaN(ms)) return ms;
  context.addIssue("must be epoch ms or a time such as 2016-01-01T00:00:00Z");
  return z.NEVER;
});

/** `west,south,east,north` in degrees. */
const box = z.string().transform((text, context) => {
  const parts = text.split(",").map((part) => (part === "" ? NaN : +part));
  const [westDeg = NaN, southDeg = NaN, eastDeg = NaN, northDeg = NaN] = parts;
  const isBox =
    parts.length === 4 &&
    westDeg >= -180 &&
    eastDeg <= 180 &&
    southDeg >= -90 &&
    northDeg <= 90 &&
    westDeg < eastDeg &&
    southDeg < northDeg;
  if (isBox) return { westDeg, southDeg, eastDeg, northDeg };
  context.addIssue("must be west,south,east,north in degrees");
  return z.NEVER;
});

const RANGE = {
  query: z.string().max(64),
  from: time,
  to: time,
};

const CELLS = z.strictObject({
  ...RANGE,
  precision: z.coerce.number().int().min(1).max(CELL_PRECISION_MAX),
  box: box.optional(),
  average: z.string().max(64).optional(),
});

const SERIES = z.strictObject({
  ...RANGE,
  step: z.coerce.number().int().min(1_000).max(RANGE_MS_MAX),
  measure: z.string().max(64).optional(),
  cell: z
    .string()
    .regex(/^[0-9b-hjkmnp-z]{1,6}$/, "must be a geohash of 1 to 6 characters")
    .optional(),
});

/** Options for {@linkcode addResultRoutes}. */
export interface ResultRoutesOptions {
  readonly plan: JobPlan;
  /** Undefined for a run that keeps no results. */
  readonly results: Results | undefined;
}

function refuse(message: string): FlagdropError {
  return new FlagdropError("FD_OPTION", message, { domain: "user" });
}

function parsed<T>(schema: z.ZodType<T>, c: Context): T {
  const result = schema.safeParse(c.req.query());
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue?.path.join(".") || "query";
  throw refuse(`Cannot use "${name}": ${issue?.message ?? "it is not valid"}`);
}

function rangeOf({ from, to }: { from: number; to: number }) {
  if (from < to && to - from <= RANGE_MS_MAX) {
    return { fromMs: from, toMs: to };
  }
  throw refuse(
    `Cannot use "from" and "to": from must come first, at most ${RANGE_MS_MAX / 86_400_000} days before`,
  );
}

async function cells(c: Context, results: Results): Promise<Response> {
  const { query, precision, box, average, ...times } = parsed(CELLS, c);
  const range = rangeOf(times);
  const request = { query, range, precision, box, average };
  return c.json(await results.cells(request));
}

async function series(c: Context, results: Results): Promise<Response> {
  const { query, step, measure, cell, ...times } = parsed(SERIES, c);
  const range = rangeOf(times);
  if ((range.toMs - range.fromMs) / step > POINTS_MAX) {
    throw refuse(
      `Cannot use "step" ${step} as it gives more than ${POINTS_MAX} points: give a greater one`,
    );
  }
  const stepMs = step;
  return c.json({
    lines: await results.series({ query, range, stepMs, measure, cell }),
  });
}

/** Adds the results to an app. */
export function addResultRoutes(app: Hono, options: ResultRoutesOptions): void {
  const { plan, results } = options;
  const schema = resultSchema(plan);
  const answered =
    (answer: (c: Context, results: Results) => Promise<Response>) =>
    async (c: Context) => {
      if (results === undefined) {
        const error =
          "Cannot tell results as this run keeps none: give it --sink duckdb:FILE or opensearch:URL";
        return c.json({ error }, 503);
      }
      try {
        return await answer(c, results);
      } catch (error) {
        if (!(error instanceof FlagdropError)) throw error;
        const status = error.domain === "user" ? 400 : 503;
        return c.json({ error: errorLine(error) }, status);
      }
    };
  app.get("/api/results", async (c) => {
    const extent = await results?.extent().catch(() => undefined);
    return c.json({
      ...schema,
      isKept: results !== undefined,
      extent: extent ?? null,
    });
  });
  app.get("/api/results/cells", answered(cells));
  app.get("/api/results/series", answered(series));
}
