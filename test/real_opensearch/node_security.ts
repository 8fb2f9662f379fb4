/**
 * What makes a node secure: certificates, and who may do what. The password is
 * the same for all and worth nothing elsewhere.
 */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AUTHORITY_PEM,
  SERVER_CERTIFICATE_PEM,
  SERVER_KEY_PEM,
} from "../helpers/test_authority.ts";

/** A user of a secure node; the password is worth nothing elsewhere. */
interface NodeUser {
  readonly name: string;
  readonly password: string;
}

const PASSWORD = "flagdrop-Test-7";
/** By bcrypt, which takes the node a while; all users have the same. */
const PASSWORD_HASH =
  "$2y$12$eWzCCjR.lNqvDNpffg5d2eqMVjRnuDLVNllinhdOwyG/ZRzOQs3he";

/** Who may do anything, and who may do what a run needs, in some indices. */
export const NODE_USERS = {
  admin: { name: "admin", password: PASSWORD },
  writer: { name: "writer", password: PASSWORD },
} as const satisfies Record<string, NodeUser>;

/** What a run and its page are allowed, as the README says. */
const WRITER_ROLE = {
  reserved: false,
  cluster_permissions: [
    "indices:admin/index_template/get",
    "indices:admin/index_template/put",
    "indices:admin/index_template/simulate_index",
    "indices:data/write/bulk",
  ],
  index_permissions: [
    {
      index_patterns: ["taxi-*"],
      allowed_actions: [
        "indices:admin/create",
        "indices:admin/get",
        "indices:admin/mappings/get",
        "indices:data/write/bulk*",
        "indices:data/write/index",
        "indices:data/read/search",
      ],
    },
  ],
};

/** Lines of `opensearch.yml`. */
export const SECURITY_SETTINGS = {
  "plugins.security.allow_default_init_securityindex": true,
  "plugins.security.nodes_dn": '["CN=flagdrop test node"]',
  "plugins.security.ssl.transport.enforce_hostname_verification": false,
  "plugins.security.ssl.http.enabled": true,
  ...Object.fromEntries(
    ["transport", "http"].flatMap((layer) => [
      [`plugins.security.ssl.${layer}.pemcert_filepath`, "node.pem"],
      [`plugins.security.ssl.${layer}.pemkey_filepath`, "node.key"],
      [`plugins.security.ssl.${layer}.pemtrustedcas_filepath`, "ca.pem"],
    ]),
  ),
};

/**
 * Writes certificates, users and roles.
 *
 * @param defaults The plugin's own files.
 * @param config The node's folder.
 */
export function configureSecurity(defaults: string, config: string): void {
  cpSync(defaults, join(config, "opensearch-security"), { recursive: true });
  const files: Record<string, string> = {
    "ca.pem": AUTHORITY_PEM,
    "node.pem": SERVER_CERTIFICATE_PEM,
    "node.key": SERVER_KEY_PEM,
  };
  // YAML holds JSON.
  const write = (type: string, file: string, entries: object) => {
    const _meta = { type, config_version: 2 };
    files[`opensearch-security/${file}`] = JSON.stringify({
      _meta,
      ...entries,
    });
  };
  const hash = PASSWORD_HASH;
  write("internalusers", "internal_users.yml", {
    admin: { hash, backend_roles: ["admin"] },
    writer: { hash },
  });
  write("roles", "roles.yml", { flagdrop_writer: WRITER_ROLE });
  write("rolesmapping", "roles_mapping.yml", {
    all_access: { backend_roles: ["admin"] },
    flagdrop_writer: { users: ["writer"] },
  });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(config, name), text);
  }
}
