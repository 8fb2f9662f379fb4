/**
 * `/faults`: how faults are switched on and off while the server runs.
 *
 * GET tells the rules and how often each struck, POST sets them anew (JSON),
 * DELETE ends them. Only for clients on this machine; and since browsers must
 * not reach it by accident, POST wants the content type of JSON.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../../errors.ts";
import { parseFaultSpec } from "../faults/fault_spec.ts";
import type { FaultSwitch } from "../faults/fault_switch.ts";
import type { AnyRequest, Reply } from "./exchange.ts";

/** The path of the endpoint. */
export const FAULTS_PATH = "/faults";

const LOOPBACK_REGEXP = /^(?:::ffff:)?127\.|^::1$/;
const JSON_TYPE = "application/json";

function reply(status: number, value: unknown): Reply {
  return {
    status,
    headers: { "content-type": JSON_TYPE },
    parts: [Buffer.from(`${JSON.stringify(value)}\n`)],
  };
}

function setFaults(faults: FaultSwitch, body: Buffer): Reply {
  try {
    faults.set(parseFaultSpec(JSON.parse(String(body))));
    return reply(200, faults.state);
  } catch (error) {
    const isTheirs =
      error instanceof SyntaxError || error instanceof FlagdropError;
    if (!isTheirs) throw error;
    return reply(400, { error: errorLine(error) });
  }
}

/** Answers a request for {@linkcode FAULTS_PATH}. */
export function faultsReply(
  faults: FaultSwitch,
  request: AnyRequest,
  body: Buffer,
): Reply {
  const { remoteAddress = "" } = request.socket;
  if (!LOOPBACK_REGEXP.test(remoteAddress)) {
    return reply(403, { error: "faults are set from the same machine only" });
  }
  if (request.method === "GET") return reply(200, faults.state);
  if (request.method === "DELETE") {
    faults.set({ seed: 0, rules: [] });
    return reply(200, faults.state);
  }
  const type = request.headers["content-type"]?.split(";", 1)[0];
  if (request.method !== "POST" || type !== JSON_TYPE) {
    return reply(400, {
      error: `write GET, DELETE, or POST with content-type ${JSON_TYPE}`,
    });
  }
  return setFaults(faults, body);
}
