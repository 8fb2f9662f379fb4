/** Missing connectors and known losses, from what Flink says. */
import t from "tap";
import {
  connectorWarnings,
  missingConnector,
} from "../../../../engine/flink/cluster/connectors.ts";

const REFUSAL = (name: string) =>
  `Caused by: org.apache.flink.table.api.ValidationException: Could not find any factory for identifier '${name}' that implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.\n\nAvailable factory identifiers are:\n\nblackhole`;

t.test("the artefact fits the cluster's version", async (t) => {
  const message = (name: string, version: string) =>
    missingConnector(REFUSAL(name), version)?.message;
  t.match(
    message("kinesis", "1.20.5"),
    /Flink 1\.20\.5 has no connector "kinesis".*flink-sql-connector-aws-kinesis-streams:5\.1\.0-1\.20 into lib/,
  );
  t.match(message("kinesis", "2.3.0"), /streams:6\.0\.0-2\.0/);
  t.match(
    message("opensearch-2", "2.3.0"),
    /none is known for this version, there is .*opensearch2:2\.0\.0-1\.19/,
  );
  t.match(message("kafka", "2.3.0"), /put its jar into lib/);
  t.equal(missingConnector("SQL parse failed", "2.3.0"), undefined);
});

t.test("versions that lose records at splits are warned of", async (t) => {
  const jar = (version: string) =>
    `/opt/flink/lib/flink-sql-connector-aws-kinesis-streams-${version}.jar`;
  t.match(connectorWarnings(["/opt/flink/lib/a.jar", jar("5.0.0-1.20")]), [
    /^flink-sql-connector-aws-kinesis-streams-5\.0\.0-1\.20\.jar loses records .*FLINK-37627/,
  ]);
  t.strictSame(connectorWarnings([jar("5.1.0-1.20"), jar("6.0.0-2.0")]), []);
  t.equal(connectorWarnings([`x.jar:${jar("5.0.0-1.19")}:y.jar`]).length, 1);
});
