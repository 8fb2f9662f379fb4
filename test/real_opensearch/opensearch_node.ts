/**
 * A real OpenSearch node on loopback, fetched from Maven Central into `.cache/`
 * once: the distribution made for integration tests, and the geo module that
 * it lacks; with the security plugin, which asks for TLS and users, if told.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Agent, request } from "undici";
import { freePort, until } from "../e2e/flagdrop.ts";
import { AUTHORITY_PEM } from "../helpers/test_authority.ts";
import {
  configureSecurity,
  NODE_USERS,
  SECURITY_SETTINGS,
} from "./node_security.ts";

const run = promisify(execFile);
const VERSION = "2.19.4";
const CACHE = fileURLToPath(
  new URL("../../.cache/opensearch/", import.meta.url),
);
const NAME = `opensearch-${VERSION}`;
const HOME = join(CACHE, NAME);
const SECURE_HOME = join(CACHE, "secure", NAME);
const SECURITY = join(SECURE_HOME, "plugins/opensearch-security");
const SECURITY_CONFIG = join(SECURITY, "config");
const HEAP = "512m";
/** It lives for minutes: compiling less saves ten CPU seconds of each start. */
const JAVA_OPTIONS = `-Xms${HEAP} -Xmx${HEAP} -XX:TieredStopAtLevel=1`;
/** It refuses to run as root; this is "nobody". */
const NOBODY = "65534";

async function fetched(artifact: string): Promise<string> {
  const [, name, version, type] = artifact.split(":");
  const file = join(CACHE, `${name}-${version}.${type}`);
  if (existsSync(file)) return file;
  await run("mvn", [
    ...["-q", "-B"],
    "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
    ...[`-Dartifact=${artifact}`, `-DoutputDirectory=${CACHE}`],
    "-Dmdep.useBaseVersion=true",
  ]);
  return file;
}

/** Fetches and unpacks it, unless it is there. */
async function install(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(join(HOME, "bin/opensearch"))) {
    const zip = await fetched(
      `org.opensearch.distribution.integ-test-zip:opensearch:${VERSION}:zip`,
    );
    await run("python3", ["-m", "zipfile", "-e", zip, CACHE]);
  }
  const bin = join(HOME, "bin");
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
  const geo = join(HOME, "modules/geo");
  if (existsSync(join(geo, "plugin-descriptor.properties"))) return;
  const jar = await fetched(`org.opensearch.plugin:geo:${VERSION}:jar`);
  mkdirSync(geo, { recursive: true });
  cpSync(jar, join(geo, `geo-${VERSION}.jar`));
  const descriptor = [
    ...["description=geo", `version=${VERSION}`, "name=geo"],
    "classname=org.opensearch.geo.GeoModulePlugin",
    ...["java.version=11", `opensearch.version=${VERSION}`],
    ...["custom.foldername=", "extended.plugins="],
    "has.native.controller=false",
  ];
  writeFileSync(
    join(geo, "plugin-descriptor.properties"),
    `${descriptor.join("\n")}\n`,
  );
}

/** The same with the security plugin, beside it. */
async function installSecure(): Promise<void> {
  await install();
  if (existsSync(join(SECURITY, "plugin-descriptor.properties"))) return;
  const zip = await fetched(
    `org.opensearch.plugin:opensearch-security:${VERSION}.0:zip`,
  );
  cpSync(HOME, SECURE_HOME, { recursive: true });
  mkdirSync(SECURITY, { recursive: true });
  await run("python3", ["-m", "zipfile", "-e", zip, SECURITY]);
}

async function javaHome(): Promise<string> {
  const given = process.env["JAVA_HOME"];
  if (given) return given;
  const { stdout } = await run("which", ["java"]);
  return dirname(dirname(realpathSync(stdout.trim())));
}

/** A node, running or not. */
export class OpensearchNode {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #isSecure: boolean;
  readonly #agent = new Agent({ connect: { ca: AUTHORITY_PEM } });
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, isSecure: boolean) {
    this.#folder = folder;
    this.#port = port;
    this.#isSecure = isSecure;
    this.url = `http${isSecure ? "s" : ""}://127.0.0.1:${port}`;
  }

  /**
   * Makes a node with an empty folder; it ends with the test.
   *
   * @param options Whether it asks for TLS and for `NODE_USERS`.
   */
  static async create(
    t: { teardown(undo: () => unknown): void },
    { isSecure = false }: { readonly isSecure?: boolean } = {},
  ): Promise<OpensearchNode> {
    await (isSecure ? installSecure() : install());
    const folder = mkdtempSync(join(CACHE, "node-"));
    const node = new OpensearchNode(folder, await freePort(), isSecure);
    const end = () => node.#process?.kill("SIGKILL");
    process.on("exit", end);
    t.teardown(async () => {
      await node.stop("SIGKILL");
      await node.#agent.destroy();
      process.off("exit", end);
      rmSync(folder, { recursive: true, force: true });
    });
    return node;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it and waits until its shards are there. */
  async start(settings: Readonly<Record<string, unknown>> = {}) {
    const config = join(this.#folder, "config");
    const home = this.#isSecure ? SECURE_HOME : HOME;
    if (!existsSync(config)) {
      cpSync(join(home, "config"), config, { recursive: true });
      if (this.#isSecure) configureSecurity(SECURITY_CONFIG, config);
      // Without logs of the collector, which would go into the shared folder.
      const options = join(config, "jvm.options");
      const lines = readFileSync(options, "utf8").split("\n");
      writeFileSync(
        options,
        lines.filter((line) => !line.includes("logs/")).join("\n"),
      );
    }
    const all = {
      "cluster.name": "flagdrop",
      "node.name": "n1",
      "network.host": "127.0.0.1",
      "http.port": this.#port,
      "transport.port": await freePort(),
      "discovery.type": "single-node",
      "cluster.routing.allocation.disk.threshold_enabled": false,
      "path.data": join(this.#folder, "data"),
      "path.logs": join(this.#folder, "logs"),
      ...(this.#isSecure && SECURITY_SETTINGS),
      ...settings,
    };
    writeFileSync(
      join(config, "opensearch.yml"),
      Object.entries(all)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(""),
    );
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      const owner = `${NOBODY}:${NOBODY}`;
      await run("chown", ["-R", owner, this.#folder]);
    }
    const prefix = isRoot
      ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"]
      : ["env"];
    const [command = "", ...args] = [...prefix, join(home, "bin/opensearch")];
    const log = openSync(join(this.#folder, "out.log"), "a");
    this.#process = spawn(command, args, {
      cwd: this.#folder,
      env: {
        PATH: process.env["PATH"],
        HOME: this.#folder,
        OPENSEARCH_PATH_CONF: config,
        OPENSEARCH_JAVA_HOME: await javaHome(),
        OPENSEARCH_JAVA_OPTS: JAVA_OPTIONS,
      },
      stdio: ["ignore", log, log],
    });
    await until(
      "the node answers",
      async () => {
        if (this.#process?.exitCode !== null) throw new Error(this.log());
        const path = "/_cluster/health?wait_for_status=yellow&timeout=5s";
        const { status } = await this.call("GET", path).catch(() => ({
          status: 0,
        }));
        return status === 200;
      },
      180_000,
    );
  }

  /** The end of what it said. */
  log(): string {
    const text = readFileSync(join(this.#folder, "out.log"), "utf8");
    return text.slice(-4_000);
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async stop(name: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    if (child.signalCode !== null) return;
    child.kill(name);
    await once(child, "exit");
  }

  /** One request, past the code under test. */
  async call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const { name, password } = NODE_USERS.admin;
    const pair = Buffer.from(`${name}:${password}`).toString("base64");
    const answer = await request(`${this.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        "content-type": "application/json",
        ...(this.#isSecure && { authorization: `Basic ${pair}` }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const json = (await answer.body.json()) as Record<string, unknown>;
    return { status: answer.statusCode, json };
  }

  /** All documents of some indices, by id, as they are given back. */
  async documents(
    index: string,
  ): Promise<Map<string, Record<string, unknown>>> {
    await this.call("POST", `/${index}/_refresh`);
    const all = new Map<string, Record<string, unknown>>();
    type Hits = { _id: string; _source: Record<string, unknown> }[];
    let path = `/${index}/_search?scroll=1m&size=5000`;
    let body: unknown = { sort: ["_doc"] };
    for (;;) {
      const { status, json } = await this.call("POST", path, body);
      if (status !== 200) throw new Error(JSON.stringify(json));
      const { hits } = json["hits"] as { hits: Hits };
      if (hits.length === 0) return all;
      for (const { _id, _source } of hits) all.set(_id, _source);
      path = "/_search/scroll";
      body = { scroll: "1m", scroll_id: json["_scroll_id"] };
    }
  }

  /** Documents in some indices, deleted ones not counted. */
  async count(index: string): Promise<number> {
    await this.call("POST", `/${index}/_refresh`);
    const { json } = await this.call("GET", `/${index}/_count`);
    return Number(json["count"]);
  }
}
