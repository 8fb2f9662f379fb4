/** What is asked of a JobManager, and what is said when it refuses. */
import t, { type Test } from "tap";
import { systemClock } from "../../../../engine/clock.ts";
import { awaitChange } from "../../../../engine/flink/cluster/await_change.ts";
import { JobManager } from "../../../../engine/flink/cluster/job_manager.ts";
import { ANSWER_BYTES_MAX } from "../../../../engine/flink/limits.ts";
import { type Answers, fakeService } from "./fake_cluster.ts";

const JOB = "0123456789abcdef0123456789abcdef";
const RUNNING = {
  [`GET /jobs/${JOB}`]: {
    jid: JOB,
    name: "nyc-taxi",
    state: "RUNNING",
    duration: 1,
    vertices: [],
  },
};
const REQUIREMENTS = `/jobs/${JOB}/resource-requirements`;

async function manager(t: Test, answers: Answers) {
  const { url, asked } = await fakeService(t, answers);
  const made = new JobManager(url, systemClock);
  t.teardown(() => made.close());
  return { made, asked };
}

t.test(
  "an unknown job is said to be unknown, whatever is wanted",
  async (t) => {
    const { made } = await manager(t, {});
    const unknown = { code: "FD_SERVICE", message: /^Cannot find job 0123/ };
    await t.rejects(made.job(JOB), unknown);
    await t.rejects(made.cancel(JOB), unknown);
    await t.rejects(made.savepoint({ jobId: JOB, stops: false }), unknown);
    await t.rejects(made.rescale(JOB, 2), unknown);
  },
);

t.test("all operators are rescaled; another scheduler is named", async (t) => {
  const bounds = { parallelism: { lowerBound: 1, upperBound: 1 } };
  const adaptive = await manager(t, {
    ...RUNNING,
    [`GET ${REQUIREMENTS}`]: { a: bounds, b: bounds },
    [`PUT ${REQUIREMENTS}`]: {},
  });
  await adaptive.made.rescale(JOB, 4);
  t.equal(adaptive.asked.at(-1), `PUT ${REQUIREMENTS}`);
  const other = await manager(t, {
    ...RUNNING,
    [`GET ${REQUIREMENTS}`]: [500, "a.B: Only with adaptive"],
  });
  await t.rejects(other.made.rescale(JOB, 4), {
    code: "FD_SERVICE",
    message: /in place: .*; set jobmanager.scheduler: adaptive/,
  });
});

t.test("an answer that is too long is named so", async (t) => {
  const name = "x".repeat(ANSWER_BYTES_MAX);
  const { made } = await manager(t, {
    [`GET /jobs/${JOB}`]: { ...RUNNING[`GET /jobs/${JOB}`], name },
  });
  await t.rejects(made.job(JOB), {
    code: "FD_SERVICE",
    message: /Cannot use the answer .* more than 16 MiB/,
  });
});

t.test(
  "waiting for a job ends when it has obeyed, or with the signal",
  async (t) => {
    const { made } = await manager(t, RUNNING);
    const wait = (signal: AbortSignal, state: string) =>
      awaitChange({
        manager: made,
        jobId: JOB,
        isReached: (job) => job.state === state,
        clock: systemClock,
        signal,
      });
    const { signal } = new AbortController();
    t.equal(await wait(signal, "RUNNING"), true);
    t.equal(await wait(AbortSignal.abort(), "CANCELED"), false);
  },
);
