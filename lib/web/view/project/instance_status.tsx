import type { JSX } from "preact";
import type { Instance } from "../../../remote/types.ts";
import { stateOf } from "../../state/instance_text.ts";

/** The state of an instance in a word or two, with a coloured dot. */
export function InstanceStatus({ instance }: { instance: Instance }): JSX.Element {
  const { name, text } = stateOf(instance);
  return (
    <span class={instance.unconfirmed ? "status unconfirmed" : "status"} data-status={instance.status} title={text}>
      <span class="dot" aria-hidden="true" />
      {name}
    </span>
  );
}
