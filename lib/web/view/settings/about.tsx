import type { ComponentChildren, JSX } from "preact";
import type { HubStatus } from "../../../hub/operation_types.ts";
import { useWorld } from "../../state/world.ts";
import { Link } from "../controls.tsx";
import { duration } from "../text.ts";
import { Part, Shown } from "./parts.tsx";
import { useLoaded } from "../use_loaded.ts";

/** What runs, since when, and how the agent itself is signed in. */
export function About(): JSX.Element {
  const { api } = useWorld();
  const status = useLoaded(() => api.call("hub.status", {}));
  return (
    <>
      <Part>
        <Shown loaded={status}>{(value) => <Facts status={value} />}</Shown>
      </Part>
      <Part
        title="The agent’s own sign-in"
        text={
          <>
            The agent CLI signs in to its provider by itself, in a terminal on the hub’s machine.{" "}
            <Link to={{ page: "settings", section: "doctor" }}>Doctor</Link> tells whether it is signed in.
          </>
        }
      >
        <dl class="facts card">
          <Fact name="To sign in">
            <code>claude auth login</code>
          </Fact>
          <Fact name="Who it is">
            <code>claude auth status</code>
          </Fact>
        </dl>
      </Part>
    </>
  );
}

function Facts({ status }: { status: HubStatus }): JSX.Element {
  const { name, version, pid, uptime_seconds, url, socket, daemon, sessions } = status;
  const count = Object.values(sessions).reduce((sum, each) => sum + each, 0);
  return (
    <dl class="facts card">
      <Fact name="Hub">{name}</Fact>
      <Fact name="Version">claustrum {version}</Fact>
      <Fact name="Running for">{duration(uptime_seconds * 1000)}</Fact>
      <Fact name="Sessions">{count}</Fact>
      <Fact name="Daemon">
        <span class={daemon.running ? undefined : "bad"}>
          {daemon.running ? `runs${daemon.version === undefined ? "" : `, ${daemon.version}`}` : "does not run"}
        </span>
        {daemon.running ? null : (
          <p class="muted">
            Start it with <code>claustrum hub start</code>.
          </p>
        )}
      </Fact>
      {url === undefined ? null : (
        <Fact name="Address">
          <span class="mono">{url}</span>
        </Fact>
      )}
      <Fact name="Socket">
        <span class="mono">{socket}</span>
      </Fact>
      <Fact name="Process">
        <span class="mono">{pid}</span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
