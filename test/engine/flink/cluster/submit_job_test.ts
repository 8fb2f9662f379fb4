/** What is asked of a gateway, and what is made of its answers. */
import t from "tap";
import { systemClock } from "../../../../engine/clock.ts";
import { submitJob } from "../../../../engine/flink/cluster/submit_job.ts";
import type { FlinkSql } from "../../../../engine/flink/translate.ts";
import { fakeService } from "./fake_cluster.ts";

const SQL: FlinkSql = {
  settings: { "pipeline.name": "a" },
  definitions: ["CREATE TEMPORARY TABLE x"],
  statementSet: "EXECUTE STATEMENT SET\nBEGIN\nEND",
  queries: [],
  warnings: [],
  script: "",
};
const JOB = "0123456789abcdef0123456789abcdef";
const SESSION = {
  "GET /v1/info": { productName: "Apache Flink", version: "2.3.0" },
  "POST /v1/sessions": { sessionHandle: "s" },
  "POST /v1/sessions/s/statements": { operationHandle: "o" },
  "DELETE /v1/sessions/s": { status: "CLOSED" },
};
const RESULT = "GET /v1/sessions/s/operations/o/result/0";

t.test("a job is handed over in a session that is closed again", async (t) => {
  const { url, asked } = await fakeService(t, {
    ...SESSION,
    [RESULT]: {
      resultType: "PAYLOAD",
      results: { data: [{ kind: "INSERT", fields: [JOB] }] },
    },
  });
  t.strictSame(await submitJob(SQL, { gatewayUrl: url, clock: systemClock }), {
    jobId: JOB,
    flinkVersion: "2.3.0",
  });
  t.equal(
    asked.filter((one) => one === "POST /v1/sessions/s/statements").length,
    2,
  );
  t.equal(asked.at(-1), "DELETE /v1/sessions/s");
});

t.test("a refusal is one line, and the session is closed", async (t) => {
  const { url, asked } = await fakeService(t, {
    ...SESSION,
    [RESULT]: [500, "a.B: out\nCaused by: a.C: Unknown column"],
  });
  await t.rejects(submitJob(SQL, { gatewayUrl: url, clock: systemClock }), {
    code: "FD_SERVICE",
    message: 'Cannot run "CREATE TEMPORARY TABLE x": Unknown column',
  });
  t.equal(asked.at(-1), "DELETE /v1/sessions/s");
});

t.test("what is no gateway is said to be none", async (t) => {
  const { url } = await fakeService(t, { "GET /v1/info": { hello: 1 } });
  await t.rejects(submitJob(SQL, { gatewayUrl: url, clock: systemClock }), {
    code: "FD_SERVICE",
    message:
      /its answer to \/v1\/info is not what Flink's would be; check --gateway/,
  });
  await t.rejects(
    submitJob(SQL, { gatewayUrl: "http://127.0.0.1:1", clock: systemClock }),
    {
      code: "FD_NETWORK",
      message: /Cannot reach the SQL gateway at .*--gateway/,
    },
  );
});
