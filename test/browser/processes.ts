/**
 * Commands that a browser test runs beside itself, and the browser.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import type { Test } from "tap";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMMAND = join(ROOT, "dist/scripts/flagdrop.js");
/** Where the pictures go; not in the repository. */
const PICTURES = join(ROOT, ".flagdrop/browser");

/** How long a command may take to say what it is waited for, ms. */
const SAYS_TIMEOUT_MS = 60_000;

/** A command under way. */
export class Running {
  readonly child: ChildProcess;
  output = "";

  constructor(argv: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [COMMAND, ...argv], {
      cwd: ROOT,
      env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  /** Waits for a text; gives what it matched. */
  async says(text: RegExp): Promise<RegExpExecArray> {
    const until = Date.now() + SAYS_TIMEOUT_MS;
    for (;;) {
      const found = text.exec(this.output);
      if (found !== null) return found;
      if (this.child.exitCode !== null || Date.now() > until) {
        throw new Error(`never said ${text}:\n${this.output.slice(-2_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it and waits. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await ended;
  }

  /** Waits until it has ended by itself. */
  async ended(): Promise<void> {
    if (this.child.exitCode !== null) return;
    await new Promise((resolve) => this.child.once("exit", resolve));
  }
}

/** Runs a command until the test is over. */
export function run(
  t: Test,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const running = new Running(argv, env);
  t.teardown(() => running.end("SIGKILL"));
  return running;
}

/** The browser that is installed. */
export async function openBrowser(): Promise<Browser> {
  const found = [
    process.env["CHROMIUM"] ?? "",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ].find((path) => path !== "" && existsSync(path));
  if (found === undefined) {
    throw new Error("There is no Chromium: install it, or set CHROMIUM");
  }
  return await chromium.launch({
    executablePath: found,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** A page that keeps what it must not do. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors on the console or thrown, unless the network was cut. */
  readonly errors: string[];
  /** Requests that went elsewhere than to the page's own server. */
  readonly foreign: string[];
}

/** Opens a page. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1_440, height: 900 },
    colorScheme: "dark",
    ...options,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("console", (message) => {
    const text = message.text();
    // What the browser itself says when a server goes or refuses.
    const isNetwork = /ERR_|status of (401|403|409|503)/.test(text);
    if (message.type() === "error" && !isNetwork) errors.push(text);
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (origin !== new URL(url).origin) foreign.push(request.url());
  });
  await page.goto(url);
  return { page, context, errors, foreign };
}

/** Keeps a picture. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** The text of an element, by its id. */
export async function textOf(page: Page, id: string): Promise<string> {
  return (await page.locator(`#${id}`).textContent()) ?? "";
}

/** A figure as a page shows it: `1,234` is 1234. */
export async function figureOf(page: Page, id: string): Promise<number> {
  return Number((await textOf(page, id)).replaceAll(",", ""));
}

/** Waits until something is so. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It never came to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
