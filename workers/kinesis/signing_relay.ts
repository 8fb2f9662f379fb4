/**
 * Credentials as the worker has them, and how it asks for others.
 *
 * @module
 */
import type { CredentialsMessage } from "../../engine/messages.ts";
import type { Post } from "../worker_loop.ts";
import type { AuthFailure, SigningState } from "./signing_state.ts";

/** Keeps the signing state; the coordinator answers what is refused. */
export class SigningRelay {
  readonly state: SigningState = {
    credentials: {
      accessKeyId: "",
      secretAccessKey: "",
      sessionToken: "",
      expiresAtMs: 0,
    },
    clockSkewMs: 0,
  };
  readonly #epoch: number;
  readonly #post: Post;
  #ready = false;
  #waiting: (() => void)[] = [];

  constructor(epoch: number, post: Post) {
    this.#epoch = epoch;
    this.#post = post;
  }

  /** Whether the first credentials have come. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Signs with these from now on. */
  take({ credentials, clockSkewMs }: CredentialsMessage): void {
    this.state.credentials = credentials;
    this.state.clockSkewMs = clockSkewMs;
    this.#ready = true;
    for (const wake of this.#waiting) wake();
    this.#waiting = [];
  }

  /** Says what was refused; resolves with the next credentials. */
  repair({ serverMs, message }: AuthFailure): Promise<void> {
    this.#post({ type: "auth_refused", epoch: this.#epoch, serverMs, message });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
