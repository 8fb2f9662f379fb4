/**
 * From a request to its answer: who may ask, what is asked, what is said.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { errorLine } from "../../errors.ts";
import type { ReceivedRequest } from "../auth/canonical_request.ts";
import type { SignatureVerifier } from "../auth/signature_verifier.ts";
import type { FaultSwitch } from "../faults/fault_switch.ts";
import { callWithFaults } from "../faults/faulty_call.ts";
import { OPERATIONS } from "../operations/mod.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import { encodeAnswer, encodeError } from "../wire/answer.ts";
import { EVENT_STREAM_TYPE } from "../wire/event_message.ts";
import { EventsAnswer } from "../wire/events_answer.ts";
import { CONTENT_TYPE, operationName, wireOf } from "../wire/request_wire.ts";
import type { Wire } from "../wire/shape.ts";
import {
  type AnyRequest,
  type AnyResponse,
  type EventReply,
  type Reply,
  type RequestListener,
  sendReply,
} from "./exchange.ts";
import { FAULTS_PATH, faultsReply } from "./fault_endpoint.ts";
import { sendFaulty } from "./faulty_reply.ts";
import { type BodyCollector, BrokenOffError } from "./request_body.ts";
import { sendEvents } from "./send_events.ts";

/** What {@linkcode requestHandler} works with. */
export interface RequestHandlerOptions {
  readonly service: Service;
  readonly verifier: SignatureVerifier;
  readonly bodies: BodyCollector;
  readonly faults: FaultSwitch;
  /** Called for each request. */
  readonly onRequest: () => void;
  /** Called for what should never happen; the client gets a 500. */
  readonly onFault: (line: string) => void;
}

function xmlReply(status: number, xml: string): Reply {
  return {
    status,
    headers: { "content-type": "application/xml" },
    parts: [Buffer.from(xml)],
  };
}

const ACCESS_DENIED = xmlReply(
  403,
  "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n",
);
const UNKNOWN_OPERATION = xmlReply(404, "<UnknownOperationException/>\n");

function errorReply(error: ServiceError, wire: Wire): Reply {
  return {
    status: error.status,
    headers: {
      "content-type": CONTENT_TYPE[wire],
      "x-amzn-errortype": error.type,
    },
    parts: [encodeError(error, wire)],
  };
}

function received(request: AnyRequest, body: Buffer): ReceivedRequest {
  const { headers } = request;
  return {
    method: request.method ?? "",
    target: request.url ?? "/",
    // HTTP/2 has its own name for the host.
    headers: { ...headers, host: headers.host ?? headers[":authority"] },
    body,
  };
}

/** The reply to a whole request; refusals are thrown. */
function replyTo(
  options: RequestHandlerOptions,
  request: AnyRequest,
  body: Buffer,
): Reply | EventReply {
  const { service, verifier, faults } = options;
  if (isFaultsRequest(request)) return faultsReply(faults, request, body);
  const wire = wireOf(request.headers["content-type"]);
  const name = operationName(request.headers["x-amz-target"]);
  if (request.method !== "POST") return ACCESS_DENIED;
  if (wire === undefined) {
    return name === undefined ? ACCESS_DENIED : UNKNOWN_OPERATION;
  }
  const operation = name === undefined ? undefined : OPERATIONS.get(name);
  if (name === undefined || operation === undefined) {
    throw new ServiceError("UnknownOperationException");
  }
  verifier.verify(received(request, body));
  const { answer, fault } = callWithFaults(service, {
    name,
    operation,
    faults,
    body,
    wire,
  });
  if (answer instanceof EventsAnswer) {
    const headers = { "content-type": EVENT_STREAM_TYPE };
    return { headers, answer, wire, fault };
  }
  return {
    status: 200,
    headers: { "content-type": CONTENT_TYPE[wire] },
    parts: encodeAnswer(answer, wire),
    fault,
  };
}

function failureReply(
  options: RequestHandlerOptions,
  request: AnyRequest,
  error: unknown,
): Reply {
  const wire = wireOf(request.headers["content-type"]) ?? "json";
  if (error instanceof ServiceError) return errorReply(error, wire);
  options.onFault(`The local Kinesis failed at a request: ${errorLine(error)}`);
  return errorReply(new ServiceError("InternalFailure"), wire);
}

function isHealthCheck({ method, url }: AnyRequest): boolean {
  return method === "GET" && url === "/health";
}

function isFaultsRequest({ url }: AnyRequest): boolean {
  return url === FAULTS_PATH;
}

const HEALTHY: Reply = {
  status: 200,
  headers: { "content-type": "application/json" },
  parts: [Buffer.from('{"status":"ok"}\n')],
};

/** The reply, or nothing if the client has gone. */
async function replyOrGone(
  options: RequestHandlerOptions,
  request: AnyRequest,
): Promise<Reply | EventReply | undefined> {
  if (isHealthCheck(request)) return HEALTHY;
  try {
    return await options.bodies.collect(request, (body) =>
      replyTo(options, request, body),
    );
  } catch (error) {
    if (error instanceof BrokenOffError) return undefined;
    return failureReply(options, request, error);
  }
}

async function send(
  options: RequestHandlerOptions,
  response: AnyResponse,
  reply: Reply | EventReply,
): Promise<void> {
  const { faults, service } = options;
  const { clock } = service;
  if ("answer" in reply) {
    await sendEvents(response, reply, { faults, clock });
  } else if (reply.fault === undefined) sendReply(response, reply);
  else await sendFaulty(response, reply, { fault: reply.fault, clock });
}

async function handle(
  options: RequestHandlerOptions,
  request: AnyRequest,
  response: AnyResponse,
): Promise<void> {
  options.onRequest();
  const reply = await replyOrGone(options, request);
  if (reply === undefined) return;
  const headers = { ...reply.headers, "x-amzn-requestid": randomUUID() };
  await send(options, response, { ...reply, headers });
}

/** Makes the listener for both protocols. It never throws. */
export function requestHandler(
  options: RequestHandlerOptions,
): RequestListener {
  return (request, response) => {
    // A client that goes away ends its exchange, nothing else.
    request.on("error", () => {});
    response.on("error", () => {});
    handle(options, request, response).catch((error: unknown) => {
      options.onFault(`The local Kinesis lost a request: ${errorLine(error)}`);
      response.destroy?.();
    });
  };
}
