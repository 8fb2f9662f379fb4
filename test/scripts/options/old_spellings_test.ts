/** Command lines of the older producers. */
import t from "tap";
import { presentSpelling } from "../../../scripts/options/old_spellings.ts";

function spelled(line: string): string {
  return presentSpelling(line.split(" ")).argv.join(" ");
}

t.test("the first producer's command line goes on working", async (t) => {
  t.equal(
    spelled(
      "replay -region eu-west-1 -bucket b -prefix p/ -stream taxi -speedup 10 -aggregate -seek 2010-01-01T00:00:00Z -statisticsFrequency 60000",
    ),
    "replay --region eu-west-1 --bucket b --prefix p/ --stream taxi --speedup 10 --aggregate --seek 2010-01-01T00:00:00Z --statistics-interval 60000ms",
  );
});

t.test("and those of the later ones", async (t) => {
  t.equal(
    spelled(
      "replay -streamName taxi -streamRegion eu-west-1 --bucketName=b -bucketRegion us-east-1 -objectPrefix p -timestampAttributeName time -noWatermark",
    ),
    "replay --stream taxi --region eu-west-1 --bucket b --bucket-region us-east-1 --prefix p --timestamp-field time --no-watermark",
  );
  t.equal(
    spelled(
      "replay -s arn -readerBufferSize 100000 -kinesisProducerBuffer 5000 -kinesisSenderThreads 4 -adaptTime INVOCATION --source -",
    ),
    "replay --stream arn --reader-buffer 100000 --adapt-time invocation --source -",
  );
});

t.test("without a bucket they read the public one", async (t) => {
  const { argv, hint } = presentSpelling(["replay", "-streamName", "taxi"]);
  t.strictSame(argv.slice(1), [
    ...["--stream", "taxi", "--source"],
    "s3://aws-bigdata-blog/artifacts/flink-refarch/data/",
  ]);
  t.match(hint, /^old spellings: -streamName is --stream, no -bucket is /);
});

t.test("present spellings stay as they are", async (t) => {
  for (const line of [
    "replay --stream taxi --source - --region eu-west-1",
    "replay --stream taxi --bucket b --seek 2010-01-01T00:00:00Z",
    "replay -h",
    "replay --stream taxi --source generator -x --constructor",
  ]) {
    const argv = line.split(" ");
    t.strictSame(presentSpelling(argv), { argv, hint: undefined });
  }
});
