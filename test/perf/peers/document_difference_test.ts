/** What is said of documents that differ from those that there must be. */
import t from "tap";
import {
  differenceOf,
  differenceText,
  isSame,
} from "../../../perf/peers/document_difference.ts";

const WANTED = new Map([
  ["pickup_count|599999|a", "1"],
  ["pickup_count|599999|b", "2"],
  ["pickup_count|1199999|a", "3"],
]);

t.test("the same documents have no difference", (t) => {
  t.ok(isSame(differenceOf(new Map(WANTED), WANTED)));
  t.end();
});

t.test("missing, other and added documents are told apart", (t) => {
  const found = new Map([
    ["pickup_count|599999|a", "9"],
    ["pickup_count|599999|c", "2"],
    ["pickup_count|1199999|a", "3"],
  ]);
  const difference = differenceOf(found, WANTED);
  t.strictSame(difference, {
    ...{ missing: 1, other: 1, added: 1 },
    windowsMs: [599_999],
  });
  t.notOk(isSame(difference));
  t.match(
    differenceText(difference, 7),
    /^1 documents missing, 1 with other values, 1 added, in 1 windows .*1970-01-01T00:10:00.000Z.* dropped 7 records as late$/,
  );
  t.end();
});
