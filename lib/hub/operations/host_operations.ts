/**
 * The operations about other machines.
 *
 * @module
 */

import * as v from "valibot";
import { host, uninstalledHost } from "../host_schemas.ts";
import { operation } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import { done, text } from "../schemas.ts";
import { DONE, nothing } from "./shared.ts";

const oneHost = { host: "host_name" } as const;
const onlyHost = v.strictObject({ host_name: text });
const hostAndRelease = v.strictObject({ host_name: text, release: v.optional(text) });

/** The operations about other machines. */
export const hostOperations = [
  operation({
    name: "hosts.list",
    summary: "list the other machines that this hub shows",
    isChange: false,
    http: { method: "GET", path: "/api/hosts" },
    params: nothing,
    result: v.array(host),
    run: ({ hosts }) => hosts.list(),
  }),
  operation({
    name: "hosts.suggestions",
    summary: "list the names of the hub's user's ssh configuration, to be offered where a host is added",
    isChange: false,
    http: { method: "GET", path: "/api/host-suggestions" },
    params: nothing,
    result: v.array(v.string()),
    // Who may only look adds no host.
    run: async ({ hosts, caller }) => caller.isViewer ? [] : await (await hosts.open()).suggestions(),
  }),
  operation({
    name: "hosts.get",
    summary: "show a host",
    isChange: false,
    http: { method: "GET", path: "/api/hosts/:host", pathParams: oneHost },
    params: onlyHost,
    result: host,
    run: async ({ hosts }, { host_name }) => (await hosts.open()).get(host_name),
  }),
  operation({
    name: "hosts.add",
    summary: "add a host, and connect to it",
    isChange: true,
    http: { method: "POST", path: "/api/hosts", status: 201 },
    params: v.strictObject({ name: text, address: text }),
    result: host,
    run: async ({ hosts }, params) => (await hosts.open()).add(params),
  }),
  operation({
    name: "hosts.remove",
    summary: "forget a host; its sessions go on there",
    isChange: true,
    http: { method: "DELETE", path: "/api/hosts/:host", pathParams: oneHost },
    params: onlyHost,
    result: done,
    async run({ hosts }, { host_name }) {
      await (await hosts.open()).remove(host_name);
      return DONE;
    },
  }),
  operation({
    name: "hosts.retry",
    summary: "try a host again now",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/retry", pathParams: oneHost },
    params: onlyHost,
    result: host,
    run: async ({ hosts }, { host_name }) => (await hosts.open()).retry(host_name),
  }),
  operation({
    name: "hosts.accept_key",
    summary: "accept the key of a host that is not known yet",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/accept-key", pathParams: oneHost },
    params: v.strictObject({ host_name: text, fingerprint: text }),
    result: host,
    run: async ({ hosts }, { host_name, fingerprint }) => await (await hosts.open()).acceptKey(host_name, fingerprint),
  }),
  operation({
    name: "hosts.create_key",
    summary: "make the key with which a host dials this hub, and the host if there is none",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/key", pathParams: oneHost, status: 201 },
    params: onlyHost,
    result: v.object({ name: v.string(), key: v.string() }),
    run: async ({ hosts }, { host_name }) => ({ name: host_name, key: (await hosts.open()).createKey(host_name) }),
  }),
  operation({
    name: "hosts.revoke_key",
    summary: "make the key of a host invalid, and end its connection",
    isChange: true,
    http: { method: "DELETE", path: "/api/hosts/:host/key", pathParams: oneHost },
    params: onlyHost,
    result: done,
    async run({ hosts }, { host_name }) {
      (await hosts.open()).revokeKey(host_name);
      return DONE;
    },
  }),
  operation({
    name: "hosts.install",
    summary: "install claustrum on a host, and wait until its hub is reached; the host tells the progress",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/install", pathParams: oneHost },
    params: hostAndRelease,
    result: host,
    run: async ({ hosts }, params) => await (await hosts.open()).install(params, "install"),
  }),
  operation({
    name: "hosts.upgrade",
    summary: "replace the version of a host, where sessions go on; the host tells the progress",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/upgrade", pathParams: oneHost },
    params: hostAndRelease,
    result: host,
    run: async ({ hosts }, params) => await (await hosts.open()).install(params, "upgrade"),
  }),
  operation({
    name: "hosts.uninstall",
    summary: "take claustrum away from a host, and tell what is left there",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/uninstall", pathParams: oneHost },
    params: v.strictObject({ host_name: text, sessions: v.optional(v.boolean()) }),
    result: uninstalledHost,
    run: async ({ hosts }, params) => await (await hosts.open()).uninstall(params),
  }),
  operation({
    name: "hosts.nats_permissions",
    summary: "return the configuration of the NATS server for the hubs that are known",
    isChange: false,
    http: { method: "GET", path: "/api/nats-permissions" },
    params: v.strictObject({ readers: v.optional(text) }),
    result: v.object({ configuration: v.string(), without_key: v.array(v.string()) }),
    async run({ nats, hosts }, { readers }) {
      if (nats === undefined) {
        throw new OperationError("conflict", "no NATS is configured: add the table nats to hub.toml");
      }
      return await nats.permissions(readers === undefined ? [hosts.ownName] : readers.split(","));
    },
  }),
];
