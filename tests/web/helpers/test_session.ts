import type { OperationName, OperationParams, OperationResult } from "../../../lib/hub/operation_types.ts";
import type { PendingPermission, Session, StartParams } from "../../../lib/sessions/types.ts";
import { waitFor } from "../../helpers/wait.ts";

/** Runs an operation. */
export type Call = <N extends OperationName>(name: N, params: OperationParams<N>) => Promise<OperationResult<N>>;

/** A session of a stand-in, which is killed and removed at the end of its scope. */
export interface TestSession extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Sends a prompt. */
  send(prompt: string): Promise<void>;
  /** The session as it is now. */
  read(): Promise<Session>;
  /** Waits until the session is in a state. */
  whenStatus(status: Session["status"]): Promise<Session>;
  /** Waits until the agent asks for something, and returns what. */
  whenAsked(): Promise<PendingPermission>;
}

/**
 * Starts a session in a trusted directory, and waits until it is idle or has begun with its prompt.
 *
 * @param path The directory, which is made.
 */
export async function startSession(
  call: Call,
  path: string,
  name: string,
  params: Partial<StartParams> = {},
): Promise<TestSession> {
  await Deno.mkdir(path, { recursive: true });
  const { id } = await call("session.start", { path, name, trust: true, ...params });
  const reference = { session_name: id };
  const read = () => call("session.get", reference);
  const whenStatus = (status: Session["status"]) =>
    waitFor(`${name} to be ${status}`, async () => {
      const session = await read();
      return session.status === status ? session : undefined;
    });
  if (params.prompt === undefined) await whenStatus("idle");
  return {
    id,
    name,
    path,
    send: async (prompt) => void await call("prompt.send", { ...reference, prompt }),
    read,
    whenStatus,
    whenAsked: () =>
      waitFor(`${name} to ask`, async () => {
        const all = await call("permissions.list", {});
        return all.find(({ session }) => session === id);
      }),
    async [Symbol.asyncDispose]() {
      const sessions = await call("sessions.list", {});
      // The test may have removed it.
      const session = sessions.find((each) => each.id === id);
      if (session === undefined) return;
      if (session.status !== "stopped" && session.status !== "error") await call("session.kill", reference);
      await call("session.remove", reference);
    },
  };
}
