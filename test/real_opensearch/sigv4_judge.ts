/** Signatures judged by botocore: a proxy before the node. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { freePort, until } from "../e2e/flagdrop.ts";
import { pythonPrograms } from "../helpers/python_environment.ts";

const PACKAGE = "botocore==1.44.5";
const PROGRAM = fileURLToPath(new URL("sigv4_judge.py", import.meta.url));

/** What the judge has seen since its rules were set. */
export interface Judgement {
  readonly accepted: number;
  readonly refused: number;
  /** Why the last refused one was. */
  readonly why: string;
}

/** What is valid. */
export interface JudgeRules {
  readonly service?: "es" | "aoss";
  readonly region?: string;
  /** Secret and session token, by access key. */
  readonly keys?: Readonly<Record<string, readonly [string, string | null]>>;
  /** How far its clock is ahead of this machine's. */
  readonly aheadSeconds?: number;
}

/** A judge. */
export interface Sigv4Judge {
  readonly url: string;
  /** Sets what is valid; what is left out stays. */
  rule(rules: JudgeRules): Promise<void>;
  judgement(): Promise<Judgement>;
}

/** Starts one; it ends with the test. */
export async function startJudge(
  t: { teardown(undo: () => unknown): void },
  upstream: string,
): Promise<Sigv4Judge> {
  const programs = await pythonPrograms([PACKAGE]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [PROGRAM, String(port), upstream];
  const child = spawn(`${programs}/python`, args, { stdio: "inherit" });
  t.teardown(() => child.kill("SIGKILL"));
  const judgement = async () => {
    const { body } = await request(`${url}/__judge`);
    return (await body.json()) as Judgement;
  };
  await until("the judge answers", async () => {
    if (child.exitCode !== null) throw new Error("the judge has ended");
    return await judgement().then(
      () => true,
      () => false,
    );
  });
  return {
    url,
    judgement,
    async rule(rules) {
      const { body } = await request(`${url}/__judge`, {
        method: "POST",
        body: JSON.stringify(rules),
      });
      await body.dump();
    },
  };
}
