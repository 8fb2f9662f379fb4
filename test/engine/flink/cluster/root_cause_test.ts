/** The one line of a Java stack trace that a user needs. */
import t from "tap";
import { rootCause } from "../../../../engine/flink/cluster/root_cause.ts";

t.test("the innermost exception's message is taken", async (t) => {
  const trace = [
    "org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed",
    "\tat org.apache.flink.A.b(A.java:1)",
    "Caused by: org.apache.flink.sql.SqlParserException: SQL parse failed.",
    "\tat org.apache.flink.A.b(A.java:2)",
    "Caused by: org.apache.calcite.runtime.CalciteException: Unknown column",
    "\t... 3 more",
  ].join("\n");
  t.equal(rootCause(trace), "Unknown column");
  t.equal(
    rootCause(JSON.stringify({ errors: ["Internal server error.", trace] })),
    "Unknown column",
  );
});

t.test("what is no trace is told as it is, and not too long", async (t) => {
  t.equal(rootCause('{"errors":["Job not found."]}'), "Job not found.");
  t.equal(
    rootCause("java.lang.NullPointerException"),
    "java.lang.NullPointerException",
  );
  t.equal(rootCause(""), "no reason given");
  t.ok(rootCause(`a.B: ${"x".repeat(5_000)}`).length <= 401);
});
