import t from "tap";
import { FlagdropError } from "../../engine/errors.ts";
import { createLog, type LogFormat, type LogLevel } from "../../engine/log.ts";

function capture(format: LogFormat, level: LogLevel = "info") {
  const lines: string[] = [];
  const log = createLog({
    level,
    format,
    output: { write: (line) => lines.push(line) },
  });
  return { log, lines };
}

t.test("createLog() writes plain lines for people", async (t) => {
  const { log, lines } = capture("text");
  log.info({ shards: 8, stream: "taxi", file: "a b" }, "reading stream");
  t.match(
    lines[0],
    /^\d\d:\d\d:\d\d\.\d{3} info reading stream shards=8 stream=taxi file="a b"\n$/,
  );
});

t.test(
  "createLog() keeps an entry on one line whatever is in it",
  async (t) => {
    const { log, lines } = capture("text");
    log.warn({ reason: "a\nb", list: [1], none: undefined }, "odd");
    log.warn("first\nsecond");
    t.equal(lines.length, 2);
    t.match(lines[0], ' warn odd reason="a\\nb" list=[1]\n');
    for (const line of lines) t.equal(line.indexOf("\n"), line.length - 1);
  },
);

t.test("createLog() shows stacks at debug only", async (t) => {
  const error = new FlagdropError("FD_SINK", "Cannot write");
  const info = capture("text");
  info.log.error({ err: error }, "failed");
  t.match(info.lines[0], / error failed error="Cannot write"\n$/);
  const debug = capture("text", "debug");
  debug.log.error({ err: error }, "failed");
  t.match(
    debug.lines[0],
    /error="Cannot write"\nFlagdropError: Cannot write\n/,
  );
});

t.test("createLog() writes JSON lines for machines", async (t) => {
  const { log, lines } = capture("json");
  log.error({ err: new FlagdropError("FD_SINK", "Cannot write") }, "failed");
  t.match(JSON.parse(lines[0] ?? ""), {
    level: "error",
    time: /^\d{4}-\d\d-\d\dT/,
    msg: "failed",
    err: { type: "FlagdropError", code: "FD_SINK", message: "Cannot write" },
  });
  t.notMatch(lines[0], "stack");
});

t.test("createLog() leaves out what is below its level", async (t) => {
  const { log, lines } = capture("text", "warn");
  log.info("no");
  log.warn("yes");
  t.equal(lines.length, 1);
});

t.test("createLog() never writes secrets", async (t) => {
  for (const format of ["text", "json"] as const) {
    const { log, lines } = capture(format);
    log.info({
      secretAccessKey: "s3cret",
      headers: { authorization: "s3cret" },
    });
    log.info({ connection: { credentials: { key: "s3cret" } } }, "here");
    t.equal(lines.length, 2);
    t.notMatch(lines.join(""), "s3cret");
  }
});
