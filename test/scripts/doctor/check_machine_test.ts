/** What the doctor says of Node and of open files. */
import t from "tap";
import {
  checkNode,
  checkOpenFiles,
} from "../../../scripts/doctor/check_machine.ts";

t.test("Node older than package.json asks for is wrong", async (t) => {
  for (const version of ["20.18.1", "20.20.2", "22.0.0", "v24.1.0"]) {
    t.equal(checkNode(version).status, "ok", version);
  }
  for (const version of ["20.18.0", "18.20.4", "v20.9.0"]) {
    t.match(checkNode(version), { status: "wrong", fix: /20\.18\.1/ });
  }
});

t.test("open files are judged by the soft limit", async (t) => {
  const limits = (soft: string) =>
    `Max processes  95896  95896  processes\nMax open files            ${soft}                 1048576              files\n`;
  t.equal(checkOpenFiles(limits("65536")).status, "ok");
  t.equal(checkOpenFiles(limits("unlimited")).status, "ok");
  t.match(checkOpenFiles(limits("1024")), { status: "warning", fix: /4096/ });
  t.match(checkOpenFiles(limits("256")), { status: "wrong" });
  t.equal(checkOpenFiles("").status, "ok");
});
