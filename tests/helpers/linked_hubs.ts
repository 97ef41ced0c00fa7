import { Links } from "../../lib/hub/links/links.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { hubWeb, type HubWebOptions, type TestHubWeb } from "./hub_web.ts";
import { MemorySessions } from "./memory_sessions.ts";
import { startTcpProxy, type TcpProxy } from "./tcp_proxy.ts";
import { waitFor } from "./wait.ts";

/** Two hubs in this program, one of which dials the other through a proxy. */
export interface LinkedHubs extends AsyncDisposable {
  /** The hub that shows the other one, as its host `box`. */
  readonly near: TestHubWeb;
  /** The hub that dials. */
  readonly far: TestHubWeb;
  /** What is between them. */
  readonly proxy: TcpProxy;
  readonly key: string;
  /** Has a hub dial the near one with a key, until the result is disposed of. */
  dial(hub: TestHubWeb, key?: string): Promise<Links>;
  /** Waits until the near hub reaches its host. */
  whenUp(): Promise<void>;
}

/** Starts both hubs, and the link between them. */
export async function linkedHubs({ isTls = false }: HubWebOptions = {}): Promise<LinkedHubs> {
  await using starting = new AsyncDisposableStack();
  const near = starting.use(await hubWeb({ isTls, sessions: new MemorySessions() }));
  const far = starting.use(await hubWeb());
  const proxy = starting.use(startTcpProxy(near.port));
  const key = near.hosts.createKey("box");
  let files = 0;
  const dial = async (hub: TestHubWeb, given = key) => {
    const keyFile = `${hub.home}/${files++}.key`;
    await Deno.writeTextFile(keyFile, `${given}\n`);
    const caFile = near.certificate === undefined ? undefined : `${near.home}/cert.pem`;
    const url = `${isTls ? "wss" : "ws"}://127.0.0.1:${proxy.port}/ws/daemon`;
    const { feed, operations } = hub;
    const links = [{ url, keyFile, caFile }];
    return new Links({ links, feed, operations, clock: systemClock, log: operations.log });
  };
  starting.use(await dial(far));
  const whenUp = async () => void await waitFor("the host to be up", () => near.hosts.get("box").state === "up");
  await whenUp();
  const all = starting.move();
  return { near, far, proxy, key, dial, whenUp, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
