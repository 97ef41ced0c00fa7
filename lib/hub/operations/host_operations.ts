/**
 * The operations about other machines.
 *
 * @module
 */

import * as v from "valibot";
import { host } from "../host_schemas.ts";
import { operation } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import { done, text } from "../schemas.ts";
import { DONE, nothing } from "./shared.ts";

const oneHost = { host: "host_name" } as const;
const onlyHost = v.strictObject({ host_name: text });

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
    name: "hosts.get",
    summary: "show a host",
    isChange: false,
    http: { method: "GET", path: "/api/hosts/:host", pathParams: oneHost },
    params: onlyHost,
    result: host,
    run: ({ hosts }, { host_name }) => hosts.get(host_name),
  }),
  operation({
    name: "hosts.add",
    summary: "add a host, and connect to it",
    isChange: true,
    http: { method: "POST", path: "/api/hosts", status: 201 },
    params: v.strictObject({ name: text, address: text }),
    result: host,
    run: ({ hosts }, params) => hosts.add(params),
  }),
  operation({
    name: "hosts.remove",
    summary: "forget a host; its sessions go on there",
    isChange: true,
    http: { method: "DELETE", path: "/api/hosts/:host", pathParams: oneHost },
    params: onlyHost,
    result: done,
    async run({ hosts }, { host_name }) {
      await hosts.remove(host_name);
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
    run: ({ hosts }, { host_name }) => hosts.retry(host_name),
  }),
  operation({
    name: "hosts.accept_key",
    summary: "accept the key of a host that is not known yet",
    isChange: true,
    http: { method: "POST", path: "/api/hosts/:host/accept-key", pathParams: oneHost },
    params: v.strictObject({ host_name: text, fingerprint: text }),
    result: host,
    run: ({ hosts }, { host_name, fingerprint }) => hosts.acceptKey(host_name, fingerprint),
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
