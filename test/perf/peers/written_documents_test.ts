/** Documents as files hold them: in one, or in a folder of Flink's parts. */
import { join } from "node:path";
import t from "tap";
import {
  differenceOf,
  differenceText,
  isSame,
} from "../../../perf/peers/document_difference.ts";
import { documentTextsIn } from "../../../perf/peers/written_documents.ts";

const A = '{"_id":"q|599999|a","count":1,"cell":"x"}\n';
const B = '{"_id":"q|599999|b","count":2,"cell":"y"}\n';

t.test("finished parts at any depth are the same as one file", (t) => {
  const folder = t.testdir({
    "ours.ndjson": A + B,
    theirs: {
      // Flink writes members in another order.
      pickup: { "part-0": '{"cell":"x","_id":"q|599999|a","count":1}\n' },
      trips: { "part-1": B, ".part-2.inprogress": A, _SUCCESS: "" },
    },
  });
  const ours = documentTextsIn(join(folder, "ours.ndjson"));
  const theirs = documentTextsIn(join(folder, "theirs"));
  t.equal(ours.size, 2);
  t.ok(isSame(differenceOf(theirs, ours)));
  t.end();
});

t.test("another value and a missing document are a difference", (t) => {
  const folder = t.testdir({
    ours: A + B,
    theirs: { part: A.replace('"count":1', '"count":3') },
  });
  const difference = differenceOf(
    documentTextsIn(join(folder, "theirs")),
    documentTextsIn(join(folder, "ours")),
  );
  t.notOk(isSame(difference));
  t.match(
    differenceText(difference),
    /^1 documents missing, 1 with other values, 0 added, in 1 windows .*\)$/,
  );
  t.end();
});

t.test("an id that is there twice is an error", (t) => {
  const folder = t.testdir({ theirs: { one: A, two: A } });
  t.throws(
    () => documentTextsIn(join(folder, "theirs")),
    /q\|599999\|a is there twice/,
  );
  t.end();
});
