/**
 * The instance's metadata service, version 2: a token first, then questions.
 *
 * @module
 */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { METADATA_MS_MAX, METADATA_TOKEN_SECONDS } from "./limits.ts";

const ADDRESS = "http://169.254.169.254";

/** An answer. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Asks the metadata service; proxies are never asked. */
export class MetadataService {
  readonly #address: string;

  /** @param env `AWS_EC2_METADATA_SERVICE_ENDPOINT` names another address. */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#address = env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || ADDRESS;
  }

  /**
   * Reads several values at once.
   *
   * @param paths Below `/latest/meta-data/`.
   * @returns Each one's text; undefined where there is none.
   */
  async read(paths: readonly string[]): Promise<(string | undefined)[]> {
    const token = await this.#ask("PUT", "api/token", {
      "x-aws-ec2-metadata-token-ttl-seconds": String(METADATA_TOKEN_SECONDS),
    });
    if (token.status !== 200) {
      throw new Error(`the metadata service gives no token (${token.status})`);
    }
    const headers = { "x-aws-ec2-metadata-token": token.body };
    return await Promise.all(
      paths.map(async (path) => {
        const answer = await this.#ask("GET", `meta-data/${path}`, headers);
        if (answer.status === 200) return answer.body.trim();
        if (answer.status === 404) return undefined;
        throw new Error(`the metadata service refuses ${path}`);
      }),
    );
  }

  #ask(
    method: "GET" | "PUT",
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(
        new URL(`/latest/${path}`, this.#address),
        { method, headers, timeout: METADATA_MS_MAX },
        (response) => {
          const status = response.statusCode ?? 0;
          text(response).then((body) => resolve({ status, body }), reject);
        },
      );
      asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
      asked.on("error", reject);
      asked.end();
    });
  }
}
