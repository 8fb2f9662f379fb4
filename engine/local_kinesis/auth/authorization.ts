/**
 * The `authorization` header of a request signed with Signature Version 4.
 *
 * @module
 */
import { ServiceError } from "../service_error.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
const PARAMETERS = ["Credential", "Signature", "SignedHeaders"] as const;

const ACCESS_KEY_ID_REGEXP = /^[\w-]{1,128}$/;
const DAY_REGEXP = /^\d{8}$/;
const REGION_REGEXP = /^[a-z0-9-]{1,64}$/;
const SIGNATURE_REGEXP = /^[0-9a-f]{64}$/;

/** What the header says. */
export interface Authorization {
  readonly accessKeyId: string;
  /** `20160101` */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  /** Day, region, service and `aws4_request`. */
  readonly scope: string;
  /** Lower case, in the order in which they were signed. */
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly signature: string;
}

/** The refusal of a header that lacks something. */
export function incomplete(message: string): ServiceError {
  return new ServiceError("IncompleteSignatureException", message);
}

function parametersOf(header: string): ReadonlyMap<string, string> {
  const pairs = header
    .slice(header.indexOf(" ") + 1)
    .split(/[, ]+/)
    .map((pair): [string, string] => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  return new Map(pairs);
}

function invalidCredential(credential: string): ServiceError {
  return incomplete(
    `Credential must have the form ACCESS_KEY_ID/YYYYMMDD/REGION/SERVICE/aws4_request, got: ${credential}`,
  );
}

/**
 * Reads the header.
 *
 * @param header The whole header.
 * @param hasDate Whether the request has an `x-amz-date` or `date`.
 * @throws {ServiceError} `IncompleteSignatureException`.
 */
export function parseAuthorization(
  header: string,
  hasDate: boolean,
): Authorization {
  const parameters = parametersOf(header);
  const missing = PARAMETERS.filter((name) => !parameters.get(name)).map(
    (name) => `Authorization header requires '${name}' parameter.`,
  );
  if (!hasDate) {
    missing.push(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  if (missing.length > 0) {
    throw incomplete(`${missing.join(" ")} Authorization=${header}`);
  }
  if (!header.startsWith(`${ALGORITHM} `)) {
    throw incomplete(`Unsupported AWS 'algorithm': '${header.split(" ")[0]}'.`);
  }
  const credential = parameters.get("Credential") ?? "";
  const [accessKeyId = "", day = "", region = "", service = "", end, ...more] =
    credential.split("/");
  if (
    !ACCESS_KEY_ID_REGEXP.test(accessKeyId) ||
    !DAY_REGEXP.test(day) ||
    !REGION_REGEXP.test(region) ||
    end !== "aws4_request" ||
    more.length > 0
  ) {
    throw invalidCredential(credential);
  }
  const signature = parameters.get("Signature") ?? "";
  if (!SIGNATURE_REGEXP.test(signature)) {
    throw incomplete("Signature must be 64 hexadecimal digits.");
  }
  return {
    accessKeyId,
    day,
    region,
    service,
    scope: `${day}/${region}/${service}/aws4_request`,
    signedHeaders: (parameters.get("SignedHeaders") ?? "").split(";"),
    signature,
  };
}
