/**
 * The operations about remote control.
 *
 * @module
 */

import * as v from "valibot";
import { operation } from "../operation.ts";
import {
  externalSession,
  instance,
  instanceLog,
  instanceMode,
  machineLoad,
  metricsSample,
  spawnMode,
  startedInstance,
} from "../remote_schemas.ts";
import { count, done, text } from "../schemas.ts";
import { OperationError } from "../operation_error.ts";
import { shownInstance } from "../viewer_view.ts";
import { DONE, nothing } from "./shared.ts";

const instanceId = { instance_id: text };
const oneInstance = { id: "instance_id" } as const;

/** The operations about remote control. */
export const remoteOperations = [
  operation({
    name: "instances.list",
    summary: "list the remote-control instances, the newest first",
    isChange: false,
    http: { method: "GET", path: "/api/instances" },
    params: v.strictObject({ project: v.optional(text) }),
    result: v.array(instance),
    run: ({ remote, caller }, { project }) => remote.list(project).map((one) => shownInstance(one, caller)),
  }),
  operation({
    name: "instances.start",
    summary: "start remote control of a project, or return the server that it has already",
    isChange: true,
    http: { method: "POST", path: "/api/instances", status: 201, otherStatus: 200 },
    params: v.strictObject({
      project: text,
      name: v.optional(text),
      mode: v.optional(instanceMode),
      spawn_mode: v.optional(spawnMode),
      permission_mode: v.optional(text),
      confirm: v.optional(v.string()),
    }),
    result: startedInstance,
    hasOtherStatus: ({ created }) => !created,
    run: ({ remote }, params) => remote.start(params),
  }),
  operation({
    name: "instances.get",
    summary: "return an instance",
    isChange: false,
    http: { method: "GET", path: "/api/instances/:id", pathParams: oneInstance },
    params: v.strictObject(instanceId),
    result: instance,
    run: ({ remote, caller }, { instance_id }) => shownInstance(remote.get(instance_id), caller),
  }),
  operation({
    name: "instances.stop",
    summary: "stop an instance; answers when it has ended",
    isChange: true,
    http: { method: "POST", path: "/api/instances/:id/stop", pathParams: oneInstance },
    params: v.strictObject(instanceId),
    result: instance,
    run: ({ remote }, { instance_id }) => remote.stop(instance_id),
  }),
  operation({
    name: "instances.resume",
    summary: "start a stopped instance again, as it was started before",
    isChange: true,
    http: { method: "POST", path: "/api/instances/:id/resume", pathParams: oneInstance },
    params: v.strictObject({ ...instanceId, confirm: v.optional(v.string()) }),
    result: instance,
    run: ({ remote }, { instance_id, confirm }) => remote.resume(instance_id, { confirm }),
  }),
  operation({
    name: "instances.forget",
    summary: "forget a stopped instance, and its log",
    isChange: true,
    http: { method: "DELETE", path: "/api/instances/:id", pathParams: oneInstance },
    params: v.strictObject(instanceId),
    result: done,
    async run({ remote }, { instance_id }) {
      await remote.forget(instance_id);
      return DONE;
    },
  }),
  operation({
    name: "instance.qr",
    summary: "draw the link of an instance as a QR code",
    isChange: false,
    http: { method: "GET", path: "/api/instances/:id/qr", pathParams: oneInstance },
    params: v.strictObject(instanceId),
    result: v.object({ svg: v.string(), url: v.string() }),
    run({ remote, caller }, { instance_id }) {
      if (!caller.isViewer) return remote.qr(instance_id);
      throw new OperationError("refused", `${caller.who} may only look: the link of an instance is like a password`);
    },
  }),
  operation({
    name: "instance.log",
    summary: "return whole lines of an instance's log, masked; without offset, the end of it",
    isChange: false,
    http: { method: "GET", path: "/api/instances/:id/log", pathParams: oneInstance },
    params: v.strictObject({ ...instanceId, offset: v.optional(count), bytes: v.optional(count) }),
    result: instanceLog,
    run: ({ remote }, { instance_id, ...range }) => remote.log(instance_id, range),
  }),
  operation({
    name: "external.list",
    summary: "list the sessions of the agent CLI that run outside of the hub",
    isChange: false,
    http: { method: "GET", path: "/api/external" },
    params: nothing,
    result: v.array(externalSession),
    run: ({ remote }) => remote.external(),
  }),
  operation({
    name: "metrics.get",
    summary: "return what sessions and instances use, and the last minute of it, the oldest first",
    isChange: false,
    http: { method: "GET", path: "/api/metrics" },
    params: nothing,
    result: v.array(metricsSample),
    run: ({ remote }) => remote.metrics(),
  }),
  operation({
    name: "load.get",
    summary: "return how busy the machine is",
    isChange: false,
    http: { method: "GET", path: "/api/load" },
    params: nothing,
    result: machineLoad,
    run: ({ remote }) => remote.load(),
  }),
];
