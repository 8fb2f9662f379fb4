/**
 * The log: pino underneath, one plain line an entry for people, one JSON object
 * an entry for machines. Synchronous and in this thread, so that a process that
 * ends loses nothing and starts at once.
 *
 * @module
 */
import pino, { type Logger } from "pino";

/** How much is logged. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How an entry looks. */
export const LOG_FORMATS = ["text", "json"] as const;
/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Something that takes whole lines. */
export interface LineWriter {
  /** Takes one line, its line feed included. */
  write(line: string): void;
}

/** Options for {@linkcode createLog}. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly output: LineWriter;
  /** Told of each warning and error as well, once it is written. */
  readonly onProblem?: ((problem: LogProblem) => void) | undefined;
}

/** A warning or error. */
export interface LogProblem {
  readonly atMs: number;
  readonly level: "warn" | "error";
  /** Message and fields on one line. */
  readonly text: string;
}

/** Fields that are never written, at the top and one level down. */
const SECRET_FIELDS = [
  "credentials",
  "secretAccessKey",
  "sessionToken",
  "authorization",
  "password",
  "token",
  "cookie",
] as const;

/** Fields of an entry that stand elsewhere than among its `key=value`. */
const HEAD_FIELDS: ReadonlySet<string> = new Set([
  "level",
  "time",
  "msg",
  "err",
  "stack",
]);

/** A field's value: bare when it is one word, else as JSON. */
function valueText(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value) ?? String(value);
}

/** `12:00:05.123`, in the machine's time zone. */
function timeText(epochMs: number): string {
  const time = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

/**
 * An entry as people read it: `12:00:05.123 info reading stream shards=8`. A
 * stack, which only `debug` shows, follows on its own lines.
 *
 * @param line What pino wrote: one JSON object.
 */
function textEntry(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const error = entry["err"] as
    | { readonly message?: unknown; readonly stack?: unknown }
    | undefined;
  const fields = Object.entries(entry)
    .filter(([name]) => !HEAD_FIELDS.has(name))
    .concat(error === undefined ? [] : [["error", error.message ?? error]])
    .map(([name, value]) => ` ${name}=${valueText(value)}`)
    .join("");
  const time = timeText(Date.parse(String(entry["time"])));
  const stack = entry["stack"] ?? error?.stack;
  const below = typeof stack === "string" ? `\n${stack}` : "";
  const message = String(entry["msg"] ?? "").replaceAll(/\s*[\r\n]+\s*/g, " ");
  return `${time} ${entry["level"]} ${message}${fields}${below}\n`;
}

/** A line of the log as a problem; undefined when it is none. */
function problemOf(line: string): LogProblem | undefined {
  const [, level] = /^\{"level":"(warn|error)"/.exec(line) ?? [];
  if (level !== "warn" && level !== "error") return undefined;
  const { time } = JSON.parse(line) as { readonly time: string };
  const [entry = ""] = textEntry(line).split("\n");
  // Without the time and level at its beginning.
  const text = entry.split(" ").slice(2).join(" ");
  return { atMs: Date.parse(time), level, text };
}

/** An error as it is logged; its stack is for `debug` only. */
function errorFields(level: LogLevel): (error: Error) => object {
  return (error) => ({
    type: error.name,
    ...("code" in error ? { code: error.code } : {}),
    message: error.message,
    ...(level === "debug" ? { stack: error.stack } : {}),
  });
}

/**
 * Makes a log.
 *
 * @example Usage
 * ```ts
 * const log = createLog({ level: "info", format: "text", output: process.stderr });
 * log.info({ shards: 8 }, "reading stream");
 * // 12:00:05.123 info reading stream shards=8
 * ```
 */
export function createLog(options: LogOptions): Logger {
  const { level, format, output, onProblem } = options;
  const write = (line: string) => {
    output.write(format === "json" ? line : textEntry(line));
    const problem = onProblem && problemOf(line);
    if (problem !== undefined) onProblem?.(problem);
  };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields(level) },
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]),
        censor: "[secret]",
      },
    },
    { write },
  );
}
