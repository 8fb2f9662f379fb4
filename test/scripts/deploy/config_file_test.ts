/**
 * Goal: the example of a service's file has every option there is, and each is
 * taken from it. Method: the real command's options, against the file.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import t from "tap";
import { runCommand } from "../../../scripts/commands/run.ts";
import { applyConfig } from "../../../scripts/options/option_sources.ts";

const FILE = join(
  import.meta.dirname,
  "../../../scripts/deploy/service/flagdrop.example.json",
);

t.test("the example file has all options of a run", async (t) => {
  const command = runCommand();
  const { run } = JSON.parse(readFileSync(FILE, "utf8")) as {
    run: Record<string, unknown>;
  };
  const names = command.options.map((option) => option.name());
  t.strictSame(Object.keys(run).sort(), names.sort());
});

t.test("a run takes each of them", async (t) => {
  const command = runCommand();
  new Command("flagdrop")
    .option("--log-level <level>", "", "info")
    .option("--log-format <format>", "", "text")
    .addCommand(command);
  await applyConfig(command, FILE, ["run"]);
  for (const option of command.options) {
    const source = command.getOptionValueSource(option.attributeName());
    // An empty list of files is none.
    if (option.name() !== "source") t.equal(source, "config", option.name());
  }
  t.match(command.opts(), { workers: 2, watchTermination: true });
});
