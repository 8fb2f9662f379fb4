/** A certificate for 127.0.0.1 that signs itself, and its key. */
export { CERTIFICATE_PEM, KEY_PEM } from "../../../perf/wire/certificate.ts";
