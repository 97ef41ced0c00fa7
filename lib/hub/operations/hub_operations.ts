/**
 * The operations of the hub itself.
 *
 * @module
 */

import * as v from "valibot";
import { operation, type OperationContext } from "../operation.ts";
import { config, doctorCheck, done, hubStatus } from "../schemas.ts";
import { DONE, nothing } from "./shared.ts";

/** The operations of the hub itself. */
export const hubOperations = [
  operation({
    name: "hub.status",
    summary: "show the state of the hub",
    isChange: false,
    http: { method: "GET", path: "/api/status" },
    params: nothing,
    result: hubStatus,
    run: ({ hub }) => hub.status(),
  }),
  operation({
    name: "config.get",
    summary: "show the configuration that is in effect, with secrets masked",
    isChange: false,
    http: { method: "GET", path: "/api/config" },
    params: nothing,
    result: config,
    run: ({ hub }) => hub.config(),
  }),
  operation({
    name: "doctor.get",
    summary: "check the hub and what it needs, and say what to do",
    isChange: false,
    http: { method: "GET", path: "/api/doctor" },
    params: nothing,
    result: v.array(doctorCheck),
    run: ({ hub }) => hub.doctor(),
  }),
  operation({
    name: "daemon.stop",
    summary: "stop the hub; agents run on unless sessions is true",
    isChange: true,
    params: v.strictObject({ sessions: v.optional(v.boolean()) }),
    result: done,
    async run(context, { sessions: endsSessions = false }) {
      if (endsSessions) await stopSessions(context);
      context.hub.stopSoon();
      return DONE;
    },
  }),
];

/** Ends all agents. One that fails to end does not keep the others from ending; the first failure is reported. */
async function stopSessions({ sessions }: OperationContext): Promise<void> {
  const active = sessions.list({ active: true });
  const results = await Promise.allSettled(active.map(({ id }) => sessions.stop(id)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
